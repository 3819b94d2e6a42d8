"""ProFTPD, as strict as it comes: data connections must resume the TLS session of their control connection."""

from tests.interop.lab import parts
from tests.interop.lab.daemon import Daemon
from tests.interop.lab.places import CONTROL_PORT
from tests.interop.lab.servers.credentials import cheap_hash
from tests.interop.lab.servers.real_server import UID, Site, TlsVersion


class Proftpd:
    """ProFTPD with one virtual user."""

    name = "ProFTPD"
    demands_resumption = True
    resumes: frozenset[TlsVersion] = frozenset({"1.2", "1.3"})

    def credentials(self, site: Site) -> tuple[str, str]:
        """Return the virtual user."""
        return site.user, site.password

    def daemon(self, site: Site) -> Daemon:
        """Write `proftpd.conf` and its password file, and return the process."""
        users = site.folder / "passwd"
        users.write_text(f"{site.user}:{cheap_hash(site.password)}:{UID}:{UID}::{site.home}:/bin/false\n")
        users.chmod(0o600)
        configuration = site.folder / "proftpd.conf"
        configuration.write_text(_settings(site) + (_tls(site) if site.tls != "clear" else "") + _more(site))
        return Daemon([parts.server("proftpd"), "--nodaemon", "--config", configuration], site.folder / "output")


def _more(site: Site) -> str:
    return "".join(f"{line}\n" for line in site.settings)


def _settings(site: Site) -> str:
    return f"""\
ModulePath {parts.UNPACKED}/usr/lib/proftpd
ServerName interop
ServerType standalone
DefaultAddress {site.address}
SocketBindTight on
Port {CONTROL_PORT}
PassivePorts {site.passive[0]} {site.passive[1]}
{f"MasqueradeAddress {site.advertised}" if site.advertised else ""}
User nobody
Group nogroup
UseIPv6 {"on" if ":" in site.address else "off"}
UseReverseDNS off
WtmpLog off
DelayEngine off
MaxInstances 500
TimeoutLinger 3
AuthOrder mod_auth_file.c
AuthUserFile {site.folder}/passwd
RequireValidShell off
DefaultRoot ~
AllowOverwrite on
AllowRetrieveRestart on
AllowStoreRestart on
SystemLog {site.log}
TransferLog {site.folder}/transfers
PidFile {site.folder}/pid
ScoreboardFile {site.folder}/scoreboard
"""


def _tls(site: Site) -> str:
    options = "TLSOptions UseImplicitSSL\n" if site.tls == "implicit" else ""
    if site.client_ca is not None:
        options += f"TLSCACertificateFile {site.client_ca}\nTLSVerifyClient on\n"
    return f"""\
LoadModule mod_tls.c
TLSEngine on
TLSRequired {"on" if site.demands_tls else "off"}
TLSProtocol {"TLSv1.2" if site.version == "1.2" else "TLSv1.2 TLSv1.3"}
TLSSessionTickets on
TLSECCertificateFile {site.identity.certificate}
TLSECCertificateKeyFile {site.identity.key}
TLSLog {site.folder}/tls.log
{options}"""
