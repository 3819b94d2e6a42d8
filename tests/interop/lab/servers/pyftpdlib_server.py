"""pyftpdlib as a process, strict about resumption by a subclass: `python pyftpdlib_server.py SETTINGS`."""

import json
import logging
import sys
from pathlib import Path
from typing import Any

from OpenSSL import SSL
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer


class StrictData(TLS_DTPHandler):
    """A data connection that must have resumed a TLS session, as vsftpd and ProFTPD demand it."""

    def handle_ssl_established(self) -> None:
        """Refuse the transfer when the handshake was a full one."""
        # pyOpenSSL has no public word for it.
        if self.cmd_channel.demands_resumption and not SSL._lib.SSL_session_reused(self.socket._ssl):
            self._resp = ("522 SSL connection failed; session reuse required.", logging.info)
            self.close()


class Everybody(DummyAuthorizer):
    """Lets everybody in who knows the one password, by any name."""

    def has_user(self, username: str) -> bool:
        """Know everybody, as soon as there is somebody."""
        if self.user_table and username not in self.user_table:
            self.user_table[username] = next(iter(self.user_table.values()))
        return bool(self.user_table)


_VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}


def _handler(settings: dict[str, Any]) -> type[FTPHandler]:
    handler = FTPHandler if settings["tls"] == "clear" else _tls_handler(settings)
    handler.authorizer = _authorizer(settings)
    handler.passive_ports = range(*settings["passive"])
    handler.masquerade_address = settings["advertised"] or None
    handler.log_prefix = "%(remote_ip)s"
    handler.demands_resumption = True
    for name, value in settings["more"].items():
        setattr(handler, name, json.loads(value))
    return handler


def _authorizer(settings: dict[str, Any]) -> DummyAuthorizer:
    authorizer = Everybody() if settings["user"] == "*" else DummyAuthorizer()
    authorizer.add_user(settings["user"], settings["password"], settings["home"], perm="elradfmwMT")
    return authorizer


def _tls_handler(settings: dict[str, Any]) -> type[TLS_FTPHandler]:
    handler = TLS_FTPHandler
    handler.dtp_handler = StrictData
    handler.certfile = settings["certificate"]
    handler.tls_control_required = handler.tls_data_required = True
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
