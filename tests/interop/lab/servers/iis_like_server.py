"""pyftpdlib made to answer and behave as the FTP service of Windows (IIS): `python iis_like_server.py SETTINGS`."""
# ruff: noqa: N802  (pyftpdlib finds verbs by such names.)

import json
import logging
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from OpenSSL import SSL
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.exceptions import _RetryError
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer

_VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
_FEATURES = (
    "LANG EN*",
    "UTF8",
    "AUTH TLS;TLS-C;SSL;TLS-P;",
    "PBSZ",
    "PROT C;P;",
    "CCC",
    "HOST",
    "SIZE",
    "MDTM",
    "REST STREAM",
)
_WORDS = {
    "200 I successfully did nothing'.": "200 noop command successful.",
    "215 UNIX Type: L8": "215 Windows_NT",
    "331 Username ok, send password.": "331 Password required",
    "200 Always in UTF8 mode.": "200 OPTS UTF8 command successful - UTF8 encoding now ON.",
    "125 Data connection already open. Transfer starting.": "125 Data connection already open; Transfer starting.",
    "150 File status okay. About to open data connection.": "150 Opening BINARY mode data connection.",
}


class DosFileSystem(AbstractedFS):
    """Lists as MS-DOS does, or as UNIX when it is asked to."""

    def format_list(self, basedir: str, listing: list[str], ignore_err: bool = True) -> Iterator[bytes]:
        """Yield the lines of LIST."""
        if self.cmd_channel.is_unix_listing:
            yield from super().format_list(basedir, listing, ignore_err)
            return
        for name in listing:
            path = Path(basedir, name)
            when = time.strftime("%m-%d-%y  %I:%M%p", time.gmtime(path.stat().st_mtime))
            size = f"{'<DIR>':<14}" if path.is_dir() else f"{path.stat().st_size:>14}"
            yield f"{when} {size:>20} {name}\r\n".encode()


class _LeavesAsWindowsDoes:
    """A download: 226 first, then FIN without close_notify, then the wait for the client's FIN."""

    is_leaving = False

    def handle_close(self: Any) -> None:
        """Begin to leave after a download; an upload has ended."""
        if self._closed or self.is_leaving:
            return
        if self.receive or self.producer_fifo or not self.cmd_channel.connected:
            super().handle_close()  # type: ignore[misc]
            return
        self.is_leaving = self.transfer_finished = True
        self.cmd_channel.respond("226 Transfer complete.")
        self._bare().shutdown(socket.SHUT_WR)
        self.modify_ioloop_events(self.ioloop.READ)
        self._wanted_io_events = self.ioloop.READ

    def readable(self: Any) -> bool:
        """Whether to read: a download is over only when the FIN has been read, else the poller tells of it for ever."""
        return self.is_leaving or super().readable()  # type: ignore[misc]

    def handle_read_event(self: Any) -> None:
        """Wait for the client's FIN below TLS, once all is said."""
        if not self.is_leaving:
            super().handle_read_event()  # type: ignore[misc]
        elif not self._read_below_tls():
            self.close()

    def _read_below_tls(self: Any) -> bytes:
        try:
            return os.read(self._bare().fileno(), 65536)
        except BlockingIOError:
            return b"nothing yet"
        except OSError:
            return b""

    def _bare(self: Any) -> socket.socket:
        return self.socket._socket if isinstance(self.socket, SSL.Connection) else self.socket

    def close(self: Any) -> None:
        """Close without close_notify."""
        self._ssl_accepting = self._ssl_closing = False
        DTPHandler.close(self)


class ClearData(_LeavesAsWindowsDoes, DTPHandler):
    """A data connection in clear text."""


class TlsData(_LeavesAsWindowsDoes, TLS_DTPHandler):
    """A data connection over TLS; an upload ends with the client's FIN, its close_notify is not enough."""

    has_notice = False

    def recv(self, size: int) -> bytes:
        """Read; behind a close_notify wait for the FIN."""
        if self.has_notice:
            return self._await_fin()
        try:
            return DTPHandler.recv(self, size)
        except SSL.ZeroReturnError:
            self.has_notice = True
            return self._await_fin()
        except SSL.WantReadError:
            raise _RetryError from None
        except SSL.SysCallError:
            self.handle_close()
            return b""

    def _await_fin(self) -> bytes:
        if self._read_below_tls():
            raise _RetryError
        self.handle_close()
        return b""


class _SpeaksAsWindowsDoes:
    """What both kinds of control connections say and do."""

    is_unix_listing = False

    def respond(self: Any, resp: str, logfun: Any = logging.debug) -> None:
        """Say it in the words of IIS; a file that is not there is told on four lines."""
        if resp.startswith("550 No such file"):
            self.push("550-The system cannot find the file specified. \r\n")
            self.push(" Win32 error:   The system cannot find the file specified. \r\n")
            self.push(" Error details: File system returned an error.\r\n")
            resp = "550 End"
        if resp.startswith("425 Rejected data connection"):
            self.push("501-Server cannot accept argument.\r\n")
            self.push(" Win32 error:   The parameter is incorrect. \r\n")
            self.push(
                " Error details: Client IP on the control channel didn't match the client IP on the data channel.\r\n"
            )
            resp = "501 End"
        if resp.startswith("227 "):
            resp = resp.replace("passive mode", "Passive Mode")
        super().respond(_WORDS.get(resp, resp), logfun)  # type: ignore[misc]

    def ftp_NOOP(self: Any, line: str) -> None:
        """Answer, but not while data move."""
        if self.data_channel is None or self.data_channel.is_leaving:
            super().ftp_NOOP(line)  # type: ignore[misc]

    def ftp_FEAT(self: Any, line: str) -> None:
        """List what IIS lists."""
        self.push("211-Extended features supported:\r\n")
        self.push("".join(f" {feature}\r\n" for feature in _FEATURES))
        self.respond("211 END")

    def ftp_HOST(self: Any, line: str) -> None:
        """Take the name of a site; only before login."""
        self.respond("503 Bad sequence of commands." if self.authenticated else "220 Host accepted.")

    def ftp_USER(self: Any, line: str) -> None:
        """Take a user, with the site in front or not."""
        super().ftp_USER(line.rpartition("|")[2])  # type: ignore[misc]


_NO_CERTIFICATE = (
    "534-Local policy on server does not allow TLS secure connections.\r\n"
    " Win32 error:   Access is denied. \r\n Error details: A certificate is not configured.\r\n534 End"
)
_HOST = {"HOST": {"perm": None, "auth": False, "arg": True, "help": "Syntax: HOST <SP> name."}}
_POLICY = (
    "534-Policy requires SSL.\r\n Win32 error:   Access is denied. \r\n"
    " Error details: SSL policy requires SSL for control channel.\r\n534 End"
)


class ClearHandler(_SpeaksAsWindowsDoes, FTPHandler):
    """A site without TLS."""

    proto_cmds = {name: row for name, row in FTPHandler.proto_cmds.items() if name not in ("MLSD", "MLST")} | _HOST
    dtp_handler = ClearData


class TlsHandler(_SpeaksAsWindowsDoes, TLS_FTPHandler):
    """A site whose policy requires TLS on both connections."""

    proto_cmds = {name: row for name, row in TLS_FTPHandler.proto_cmds.items() if name not in ("MLSD", "MLST")} | _HOST
    dtp_handler = TlsData
    has_certificate = True
    """Whether one was chosen for the site."""

    def process_command(self, cmd: str, *args: Any, **kwargs: Any) -> None:
        """Refuse by the words of the policy."""
        is_login = cmd in ("USER", "PASS") and not self._ssl_established
        is_data = cmd in ("RETR", "STOR", "APPE", "LIST", "NLST") and not self._prot
        if is_login or is_data:
            self.respond(_POLICY)
            return
        super().process_command(cmd, *args, **kwargs)

    def ftp_AUTH(self, line: str) -> None:
        """Start TLS in the words of IIS."""
        if isinstance(self.socket, SSL.Connection):
            self.respond("503 Bad sequence of commands.")
            return
        if not self.has_certificate:
            self.respond(_NO_CERTIFICATE)
            return
        self.respond("234 AUTH command ok. Expecting TLS Negotiation.")
        self.secure_connection(self.ssl_context)


def _handler(settings: dict[str, Any]) -> type[FTPHandler]:
    handler = ClearHandler if settings["tls"] == "clear" else _tls_handler(settings)
    authorizer = DummyAuthorizer()
    authorizer.add_user(
        settings["user"], settings["password"], settings["home"], perm="elradfmwMT", msg_login="User logged in."
    )
    handler.authorizer = authorizer
    handler.abstracted_fs = DosFileSystem
    handler.is_unix_listing = settings["listing"] == "unix"
    handler.banner = "Microsoft FTP Service"
    handler.passive_ports = range(*settings["passive"])
    handler.masquerade_address = settings["advertised"] or None
    for name, value in settings["habits"].items():
        setattr(handler, name, json.loads(value))
    handler.use_sendfile = False
    handler.log_prefix = ""
    return handler


def _tls_handler(settings: dict[str, Any]) -> type[TLS_FTPHandler]:
    handler = TlsHandler
    handler.certfile = settings["certificate"]
    context = handler.get_ssl_context()
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_max_proto_version(_VERSIONS[settings["version"]])
    context.set_session_id(b"interop")
    return handler


def main() -> None:
    """Serve until a signal ends the process."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    logging.basicConfig(filename=settings["log"], level=logging.INFO)
    server = FTPServer((settings["address"], settings["port"]), _handler(settings))
    server.max_cons = 1000
    server.serve_forever()


if __name__ == "__main__":
    main()
