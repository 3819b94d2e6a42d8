"""TLS on non-blocking sockets: handshakes and orderly ends; what OpenSSL says, in words.

`SSLSocket` with `suppress_ragged_eofs=False` and without OP_IGNORE_UNEXPECTED_EOF tells a close_notify (`b""`) from a
bare FIN; everything here relies on that. For a FIN Python 3.11.2, Debian 12's own, raises a mere SSLError, later ones
SSLEOFError: only the reason is the same in both.
"""

import socket
import ssl
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from ftpair.config import contexts
from ftpair.core.facts import Tls
from ftpair.core.plan import Certificate, ClientTls
from ftpair.dataplane.bearers import bearer_of
from ftpair.dataplane.buffered_tls import RECORD_TYPES, BufferedTls
from ftpair.dataplane.watch import Watch


class ClientSocket(ssl.SSLSocket):
    """A client's control connection: knows for which name its client asked."""

    sni = ""


class ClientObject(ssl.SSLObject):
    """TLS on a client's data leg: knows the same."""

    sni = ""


Secured = ssl.SSLSocket | BufferedTls
"""A socket under TLS: of a control connection, of a data leg."""


_WEB = ("h2", "http/1.1", "http/1.0", "http/0.9", "h2c", "h3", "spdy/3", "spdy/2", "spdy/1", "webrtc", "c-webrtc")
_MAIL_AND_TALK = ("imap", "pop3", "managesieve", "xmpp-client", "xmpp-server", "irc", "nntp", "nnsp", "sip/2", "mqtt")
_OTHERS = ("acme-tls/1", "dot", "doq", "ntske/1", "coap", "postgresql", "tds/8.0", "smb", "sunrpc", "dicom")
FOREIGN_PROTOCOLS = (*_WEB, *_MAIL_AND_TALK, *_OTHERS)
"""Of IANA's registry, understood only to be turned away: `ssl` cannot refuse an ALPN, it can only ignore it."""
_FOREIGN = frozenset(FOREIGN_PROTOCOLS)
IS_FOREIGN = "the client offers another protocol, not FTP (ALPN)"


Named = Mapping[str, ssl.SSLContext]
"""Contexts by the host names of their certificates."""


def named_contexts(tls: ClientTls) -> Named:
    """Build a context for every further certificate, to share between contexts. Raises ssl.SSLError."""
    named: dict[str, ssl.SSLContext] = {}
    for certificate in tls.certificates:
        context = _client_legs(tls, certificate)
        named |= {name: context for name in certificate.names if name not in named}
    return named


def server_context(tls: ClientTls, named: Named | None = None) -> ssl.SSLContext:
    """Build the context of the client legs; clients that ask for a name of another certificate get that one.

    Raises ssl.SSLError when key and certificate do not fit.
    """
    context = _client_legs(tls, tls.certificate)
    others = named_contexts(tls) if named is None else named
    known = {**others, **dict.fromkeys(tls.certificate.names, context)} if others else {}

    def chosen(sock: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> None:
        assert isinstance(sock, ClientSocket | ClientObject)
        sock.sni = name or ""
        found = context_for(sock.sni, known)
        if found is not None and found is not sock.context:
            # Tickets stay those of the first context, so that data connections resume whatever name they ask for.
            sock.context = found

    context.sni_callback = chosen
    return context


def pass_over_odd_names(usual: Callable[[Any], object] = sys.unraisablehook) -> None:
    """Keep Python from writing a traceback for every client whose SNI is no ASCII: its handshake fails, that is all."""

    def hook(unraisable: Any) -> None:
        if not isinstance(unraisable.exc_value, UnicodeDecodeError):
            usual(unraisable)

    sys.unraisablehook = hook


def context_for(name: str, known: Named) -> ssl.SSLContext | None:
    """Return the context for a name: the name itself comes before `*.example.org`; None for the default one."""
    wanted = name.lower().rstrip(".")
    return known.get(wanted) or known.get(f"*.{wanted.partition('.')[2]}")


def _client_legs(tls: ClientTls, certificate: Certificate) -> ssl.SSLContext:
    context = contexts.server_context(tls, certificate)
    context.set_alpn_protocols(["ftp", *FOREIGN_PROTOCOLS])
    context.sslsocket_class, context.sslobject_class = ClientSocket, ClientObject
    return context


def wrap_as_server(context: ssl.SSLContext, sock: socket.socket) -> ssl.SSLSocket:
    """Put TLS on a client's control connection on which it may end (CCC); the handshake is yet to be made."""
    return context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=False)


def wrap_control_as_server(context: ssl.SSLContext, sock: socket.socket) -> BufferedTls:
    """Put TLS on a client's control connection; its tickets go out at once, for clients that fetch them (wget)."""
    return BufferedTls(sock, lambda incoming, outgoing: context.wrap_bio(incoming, outgoing, server_side=True))


def wrap_data_as_server(context: ssl.SSLContext, sock: socket.socket) -> BufferedTls:
    """Put TLS on a client's data leg; the handshake is yet to be made."""
    return BufferedTls(
        sock, lambda incoming, outgoing: context.wrap_bio(incoming, outgoing, server_side=True), holds_tickets=True
    )


def wrap_data_as_client(
    context: ssl.SSLContext, sock: socket.socket, name: str, session: ssl.SSLSession | None = None
) -> BufferedTls:
    """Put TLS on a server's data leg, offering `session` for resumption; the handshake is yet to be made."""
    return BufferedTls(
        sock,
        lambda incoming, outgoing: context.wrap_bio(incoming, outgoing, server_hostname=name or None, session=session),
    )


def wrap_as_client(
    context: ssl.SSLContext, sock: socket.socket, name: str, session: ssl.SSLSession | None = None
) -> ssl.SSLSocket:
    """Put TLS on a server leg, offering `session` for resumption; the handshake is yet to be made."""
    return context.wrap_socket(
        sock,
        do_handshake_on_connect=False,
        suppress_ragged_eofs=False,
        server_hostname=name or None,
        session=session,
    )


def negotiated(sock: socket.socket, *, with_names: bool = False) -> Tls:
    """Say what a finished handshake agreed on; `with_names`: with all names in the client's certificate."""
    secured = sock.tls if isinstance(sock, BufferedTls) else sock
    assert isinstance(secured, ssl.SSLSocket | ssl.SSLObject)
    cipher = secured.cipher()
    sni = secured.sni if isinstance(secured, ClientSocket | ClientObject) else ""
    is_resumed = bool(secured.session_reused)
    bearer = bearer_of(secured, with_names=with_names)
    return Tls(secured.version() or "", cipher[0] if cipher else "", is_resumed, sni, bearer.name, bearer.names)


def is_for_another_protocol(sock: Secured) -> bool:
    """Return whether the client offered a protocol of others and not FTP: it was lured here (ALPACA, CVE-2021-3618)."""
    secured = sock.tls if isinstance(sock, BufferedTls) else sock
    return secured.selected_alpn_protocol() in _FOREIGN


def is_secured(sock: socket.socket) -> TypeGuard[Secured]:
    """Return whether TLS is on it."""
    return isinstance(sock, ssl.SSLSocket | BufferedTls)


def end(sock: Secured) -> bool:
    """Send close_notify; return whether the peer's has come too. Raises SSLWantWriteError while it cannot be sent."""
    if (sock.tls if isinstance(sock, BufferedTls) else sock).version() is None:
        return False  # Both have said it already, or no handshake was finished: what is left is TCP's to say.
    try:
        sock.unwrap()
    except ssl.SSLError as error:
        if isinstance(error, ssl.SSLWantReadError) or error.reason == "APPLICATION_DATA_AFTER_CLOSE_NOTIFY":
            return False  # Ours is sent; the peer still talks.
        raise
    return True


def is_bare_fin(error: OSError) -> bool:
    """Tell a FIN without close_notify from a reset: CPython may raise SSLEOFError for both, only the reason differs."""
    return isinstance(error, ssl.SSLError) and error.reason == "UNEXPECTED_EOF_WHILE_READING"


def reason_of(error: OSError) -> str:
    """Say in words why a connection or a handshake failed."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"certificate refused: {error.verify_message}"
        case ssl.SSLError() if is_bare_fin(error):
            return "closed without close_notify"
        case ssl.SSLEOFError() | ConnectionResetError() | BrokenPipeError():
            return "connection reset"
        case ssl.SSLError():
            return (error.reason or "TLS error").replace("_", " ").lower()
        case ConnectionRefusedError():
            return "connect refused"
        case _:
            return (error.strerror or "connection failed").lower()


def plain(sock: ssl.SSLSocket) -> socket.socket:
    """Return the socket without the TLS that has ended on it; the descriptor stays the same."""
    family, kind, protocol = sock.family, sock.type, sock.proto
    clear = socket.socket(family, kind, protocol, sock.detach())
    clear.settimeout(0)
    return clear


def _speaks_clear_text(sock: Secured) -> bool:
    """Return whether what comes next is no TLS record: curl answers no close_notify, it goes on after it."""
    head = socket.socket.recv(sock, 1, socket.MSG_PEEK)
    return bool(head) and head[0] not in RECORD_TYPES


class Handshaking:
    """One handshake under way, or the orderly end of TLS (`to_end`).

    Ends in exactly one call of `on_done` or `on_failed`, or in none after `cancel`.
    """

    __slots__ = ("_fd", "_on_done", "_on_failed", "_reads", "_sock", "_watch", "_writes", "to_end")

    def __init__(
        self,
        watch: Watch,
        sock: Secured,
        on_done: Callable[[], None],
        on_failed: Callable[[str], None],
    ) -> None:
        self._watch, self._sock, self._on_done, self._on_failed = watch, sock, on_done, on_failed
        self._fd = sock.fileno()
        self._reads = self._writes = False
        self.to_end = False

    def await_peer(self) -> None:
        """Start when the peer speaks first: nothing is tried before its bytes are there."""
        self._reads = True
        self._watch.add_reader(self._fd, self.step)

    def step(self) -> None:
        """Go as far as the peer's bytes allow."""
        try:
            self._advance()
        except (ssl.SSLWantReadError, BlockingIOError):
            self._wait(to_write=False)
        except ssl.SSLWantWriteError:
            self._wait(to_write=True)
        except OSError as error:
            self.cancel()
            self._on_failed(reason_of(error))
        else:
            self.cancel()
            if not self.to_end and is_for_another_protocol(self._sock):
                self._on_failed(IS_FOREIGN)
            else:
                self._on_done()

    def _advance(self) -> None:
        if not self.to_end:
            self._sock.do_handshake()
        elif not (self._reads and _speaks_clear_text(self._sock)):
            self._sock.unwrap()

    def cancel(self) -> None:
        """Watch the socket no more."""
        self._await(reads=False, writes=False)

    def _wait(self, *, to_write: bool) -> None:
        self._await(reads=not to_write, writes=to_write)

    def _await(self, *, reads: bool, writes: bool) -> None:
        if reads is not self._reads:
            self._reads = reads
            if reads:
                self._watch.add_reader(self._fd, self.step)
            else:
                self._watch.remove_reader(self._fd)
        if writes is not self._writes:
            self._writes = writes
            if writes:
                self._watch.add_writer(self._fd, self.step)
            else:
                self._watch.remove_writer(self._fd)
