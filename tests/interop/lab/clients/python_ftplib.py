"""ftplib of Python: explicit TLS as it comes, implicit TLS by the usual subclass, and no resumption at all."""

import contextlib
import ftplib
import socket
import ssl
import struct
import time
from pathlib import Path
from typing import Any, BinaryIO

from tests.interop.lab.clients.steps import (
    AbortDownload,
    AbortUpload,
    Append,
    Download,
    List,
    Nlst,
    Outcome,
    Resume,
    Step,
    Upload,
    Way,
)

_TIMEOUT_S = 60
_BEFORE_ABORT = 256 * 1024
# Until the transfer runs at the server too: vsftpd ends the session when a data handshake breaks off.
_UNDER_WAY_S = 0.2
_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class ImplicitFtpTls(ftplib.FTP_TLS):
    """FTP_TLS whose control connection is secured before the greeting."""

    @property
    def sock(self) -> Any:
        """The control connection."""
        return self._sock

    @sock.setter
    def sock(self, value: Any) -> None:
        if value is not None and not isinstance(value, ssl.SSLSocket):
            value = self.context.wrap_socket(value, server_hostname=self.host)
        self._sock = value


class PythonFtplib:
    """ftplib."""

    name = "ftplib"

    def run(self, way: Way, steps: list[Step]) -> list[Outcome]:
        """Do all the steps in one session."""
        ftp = connect(way)
        try:
            return [_attempt(ftp, step) for step in steps]
        finally:
            with contextlib.suppress(*ftplib.all_errors):
                ftp.quit()
            ftp.close()


def connect(way: Way) -> ftplib.FTP:
    """Connect, secure, log in and ask for protected data connections."""
    ftp = _new(way)
    ftp.set_pasv(way.data == "passive")
    ftp.connect(way.host, way.port)
    ftp.login(way.user, way.password)
    if isinstance(ftp, ftplib.FTP_TLS):
        ftp.prot_p()
    return ftp


def context_for(way: Way) -> ssl.SSLContext:
    """Return a context that verifies the peer and speaks one version of TLS only."""
    context = ssl.create_default_context(cafile=str(way.ca))
    context.minimum_version = context.maximum_version = _VERSIONS[way.version]
    return context


def _new(way: Way) -> ftplib.FTP:
    if way.entrance == "clear":
        return ftplib.FTP(timeout=_TIMEOUT_S)
    make = ImplicitFtpTls if way.entrance == "implicit" else ftplib.FTP_TLS
    return make(context=context_for(way), timeout=_TIMEOUT_S)


def _attempt(ftp: ftplib.FTP, step: Step) -> Outcome:
    try:
        return Outcome(True, _perform(ftp, step))
    except ftplib.all_errors as error:
        return Outcome(False, f"{type(error).__name__}: {error}")


def _perform(ftp: ftplib.FTP, step: Step) -> str:
    match step:
        case Upload(local, remote):
            return _store(ftp, f"STOR {remote}", local)
        case Append(local, remote, _):
            return _store(ftp, f"APPE {remote}", local)
        case Download(remote, local):
            return _retrieve(ftp, remote, local, None)
        case Resume(remote, local, offset):
            return _retrieve(ftp, remote, local, offset)
        case List(folder):
            return _lines(ftp, f"LIST {folder}")
        case Nlst(name):
            return _lines(ftp, f"NLST {name}")
        case AbortDownload(remote, local):
            return _abort_download(ftp, remote, local)
        case AbortUpload(local, remote):
            return _abort_upload(ftp, local, remote)


def _store(ftp: ftplib.FTP, command: str, local: Path) -> str:
    with local.open("rb") as source:
        return ftp.storbinary(command, source, blocksize=256 * 1024)


def _retrieve(ftp: ftplib.FTP, remote: str, local: Path, offset: int | None) -> str:
    with local.open("wb" if offset is None else "ab") as target:
        return ftp.retrbinary(f"RETR {remote}", target.write, blocksize=256 * 1024, rest=offset)


def _lines(ftp: ftplib.FTP, command: str) -> str:
    lines: list[str] = []
    ftp.retrlines(command, lines.append)
    return "\n".join(lines)


def _abort_download(ftp: ftplib.FTP, remote: str, local: Path) -> str:
    ftp.voidcmd("TYPE I")
    data = ftp.transfercmd(f"RETR {remote}")
    with local.open("wb") as target:
        _take_some(data, target)
    return _abort(ftp, data)


def _take_some(data: socket.socket, target: BinaryIO) -> None:
    taken = 0
    while taken < _BEFORE_ABORT:
        piece = data.recv(64 * 1024)
        if not piece:
            raise ftplib.error_proto(f"the transfer ended after {taken} bytes, before it could be aborted")
        taken += target.write(piece)


def _abort_upload(ftp: ftplib.FTP, local: Path, remote: str) -> str:
    ftp.voidcmd("TYPE I")
    data = ftp.transfercmd(f"STOR {remote}")
    with local.open("rb") as source:
        data.sendall(source.read(_BEFORE_ABORT))
    time.sleep(_UNDER_WAY_S)
    return _abort(ftp, data)


def _abort(ftp: ftplib.FTP, data: socket.socket) -> str:
    """Say ABOR, break the data connection off, and return the replies before that to a NOOP (200, unlike any other)."""
    if not isinstance(data, ssl.SSLSocket):
        # On clear text a FIN would mean "file complete"; under TLS the missing close_notify says enough.
        data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ftp.putcmd("ABOR")
    data.close()
    ftp.putcmd("NOOP")
    replies = [ftp.getmultiline()]
    while not replies[-1].startswith("200"):
        replies.append(ftp.getmultiline())
    return "\n".join(replies[:-1])
