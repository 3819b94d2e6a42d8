"""What helps on a server of a certain make: the key to change there, and the guide's lines that set it. Tables."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ftpair.guides.guide import TITLES, Kind, lines_that_set
from ftpair.guides.wanted import Wanted
from ftpair.probes.doctor.catalogue import AILMENTS

_EXTERNAL: Mapping[Kind, str] = {
    "iis": "External IP Address of Firewall in FTP Firewall Support of the site (`firewallSupport "
    "externalIp4Address`), then restart the site",
    "vsftpd": "`pasv_address=` (without quotes, and `pasv_addr_resolve=YES` for a name)",
    "proftpd": "`MasqueradeAddress`",
    "pure-ftpd": "`ForcePassiveIP` (`-P`)",
    "filezilla-server": "Protocols settings > FTP and FTP over TLS (FTPS) > Passive mode > Use the following host",
    "pyftpdlib": "`handler.masquerade_address`",
}
_RANGE: Mapping[Kind, str] = {
    "iis": "Data Channel Port Range in FTP Firewall Support of the *server* (`firewallSupport lowDataChannelPort`, "
    "`highDataChannelPort`; "
    "0-0 is any port), then restart `ftpsvc`: a restart of the site is not enough",
    "vsftpd": "`pasv_min_port=`, `pasv_max_port=`",
    "proftpd": "`PassivePorts`; ProFTPD leaves the range in silence when it is used up, so make it wide enough",
    "pure-ftpd": "`PassivePortRange` (`-p`)",
    "filezilla-server": "Protocols settings > FTP and FTP over TLS (FTPS) > Passive mode > Use custom port range",
    "pyftpdlib": "`handler.passive_ports`",
}
_CERTIFICATE: Mapping[Kind, str] = {
    "iis": "FTP SSL Settings of the site: the certificate (`serverCertHash`); Windows sends intermediates that are "
    "in the machine's store",
    "vsftpd": "`rsa_cert_file=` (the whole chain, the server's own first) and `rsa_private_key_file=`",
    "proftpd": "`TLSRSACertificateFile` or `TLSECCertificateFile`, and `TLSCertificateChainFile` for the intermediates",
    "pure-ftpd": "key and whole chain in one file, /etc/ssl/private/pure-ftpd.pem on Debian (`-2` names another)",
    "filezilla-server": "Protocols settings > FTP and FTP over TLS (FTPS) > Connection security > TLS certificate",
    "pyftpdlib": "`handler.certfile` (the whole chain) and `handler.keyfile`",
}
_IDLE: Mapping[Kind, str] = {
    "iis": "FTP site > Advanced Settings > Connections > Control Channel Timeout (`controlChannelTimeout`)",
    "vsftpd": "`idle_session_timeout=`",
    "proftpd": "`TimeoutIdle`",
    "pure-ftpd": "`MaxIdleTime` (`-I`, minutes)",
    "filezilla-server": "Protocols settings > Timeouts > Activity timeout",
    "pyftpdlib": "`handler.timeout`",
}

BY_KIND: Mapping[str, Mapping[Kind, str]] = {
    "pasv-address": _EXTERNAL,
    "pasv-address-private": _EXTERNAL,
    "passive-port-outside": _RANGE,
    "passive-refused": _RANGE,
    "pairing-slice": _RANGE,
    "certificate-expired": _CERTIFICATE,
    "certificate-expires-soon": _CERTIFICATE,
    "certificate-name": _CERTIFICATE,
    "certificate-chain": _CERTIFICATE,
    "certificate-untrusted": _CERTIFICATE,
    "auth-refused": {
        "vsftpd": "`ssl_enable=YES`",
        "proftpd": "`TLSEngine on` (mod_tls)",
        "pure-ftpd": "`TLS 2` or `3` (`-Y`)",
        "pyftpdlib": "`TLS_FTPHandler` with `certfile`",
    },
    "implicit-clear": {
        "iis": "IIS speaks implicit TLS only at a binding to port 990 itself: bind the site to 990, and let "
        "`server_ports` name it",
        "vsftpd": "`implicit_ssl=YES`, which needs an instance of its own beside the explicit one",
        "proftpd": "`TLSOptions UseImplicitSSL` in a virtual host of its own",
        "pure-ftpd": "Pure-FTPd speaks no implicit TLS: leave the implicit port out",
        "pyftpdlib": "pyftpdlib speaks implicit TLS only with a handler of your own",
    },
    "prot-refused": {
        "iis": "FTP SSL Settings: data channel policy Allow or Require (`controlChannelPolicy`, `dataChannelPolicy`)",
        "proftpd": "`TLSRequired on`",
        "pure-ftpd": "`TLS 3` (`-Y 3`)",
    },
    "tls-version-old": {
        "iis": "the registry below `SCHANNEL\\Protocols` (`TLS 1.0\\Server`, `TLS 1.1\\Server`: `Enabled` 0), then "
        "a reboot",
        "vsftpd": "`MinProtocol = TLSv1.2` in the machine's `openssl.cnf`: `ssl_tlsv1=NO` knows 1.0 only",
        "proftpd": "`TLSProtocol TLSv1.2 TLSv1.3`",
        "pure-ftpd": "`TLSCipherSuite` (`-J`): leave out what older versions need; the policy of the machine's "
        "OpenSSL holds, too",
        "filezilla-server": "Protocols settings > FTP and FTP over TLS (FTPS) > Connection security > Minimum allowed "
        "TLS version",
        "pyftpdlib": "`handler.ssl_context` with `set_min_proto_version`",
    },
    "clear-text-allowed": {
        "iis": "FTP SSL Settings: Require SSL connections (`controlChannelPolicy` and `dataChannelPolicy` "
        "`SslRequire`)",
        "vsftpd": "`force_local_logins_ssl=YES`, `force_local_data_ssl=YES` (`force_anon_…` for anonymous users)",
        "proftpd": "`TLSRequired on`",
        "pure-ftpd": "`TLS 3` (`-Y 3`)",
        "filezilla-server": "Server listeners: Protocol Require explicit FTP over TLS",
        "pyftpdlib": "`handler.tls_control_required = True`, `handler.tls_data_required = True`",
    },
    "data-peer-refused": {
        "iis": "`dataChannelSecurity matchClientAddressForPasv` of the site: `false` only if the balancer cannot "
        "be mended",
        "vsftpd": "`pasv_promiscuous=YES`, only if the balancer cannot be mended",
        "proftpd": "`AllowForeignAddress on`, only if the balancer cannot be mended",
    },
    "session-reuse-demanded": {
        "vsftpd": "`require_ssl_reuse=NO`",
        "proftpd": "`TLSOptions NoSessionReuseRequired`",
        "pure-ftpd": "`BrokenClientsCompatibility` (`-b`)",
        "filezilla-server": "there is no such switch: use FTP mode of ftpair, which resumes on its own leg",
    },
    "idle-timeout": _IDLE,
    "idle-lost": _IDLE,
    "clock-skew": {
        "vsftpd": "`use_localtime=NO`, and NTP",
        "proftpd": "`TimesGMT on`, and NTP",
        "pyftpdlib": "`handler.use_gmt_times = True`, and NTP",
    },
    "no-close-notify": {
        "iis": "IIS always ends so, and no key changes it: let clients bear it, or use FTP mode with "
        "`server_close_notify: ignore`"
    },
    "epsv-refused": {"pure-ftpd": "leave `BrokenClientsCompatibility` (`-b`) out: it switches EPSV off"},
}
"""By finding, then by make. Where a make is not there, the general remedy is all there is to say."""

_WRITTEN = frozenset(
    {
        "pasv-address",
        "pasv-address-private",
        "passive-port-outside",
        "passive-refused",
        "pairing-slice",
        "certificate-expired",
        "certificate-name",
        "certificate-chain",
        "certificate-untrusted",
        "auth-refused",
        "prot-refused",
        "tls-version-old",
        "clear-text-allowed",
        "idle-timeout",
        "idle-lost",
    }
)
"""The findings for which the guide's files have the cure; where it is a matter of choice, they choose otherwise."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What helps against one finding."""

    sentence: str
    lines: tuple[str, ...] = ()
    """Lines of the server's guide that mend it, as they stand in its files."""
    guide: str = ""
    """The command that prints the whole guide; empty if no guide speaks of it."""


def at_server(ailment: str, kind: Kind | None, wanted: Wanted) -> Remedy:
    """Return what helps on a server of that make; None: it is not known."""
    general, known = AILMENTS[ailment].remedy, BY_KIND.get(ailment, {})
    guide = f"ftpair guide {wanted.service} {wanted.server} --kind {kind or 'KIND'}" if known else ""
    if kind is None or kind not in known:
        return Remedy(general, guide=guide)
    text = known[kind]
    keys = {word for quoted in re.findall(r"`([^`]*)`", text) for word in re.findall(r"\w+", quoted)}
    lines = lines_that_set(kind, wanted, keys) if ailment in _WRITTEN else ()
    return Remedy(f"{general} {TITLES[kind]}: {text}.", lines, guide)


def at_vip(ailment: str) -> Remedy:
    """Return what helps where only the VIP shows it."""
    return Remedy(AILMENTS[ailment].at_vip or AILMENTS[ailment].remedy)


def table() -> Iterator[str]:
    """Yield the lines of the table of the documentation."""
    yield "| make | findings | what to change there |"
    yield "|---|---|---|"
    for kind, name in TITLES.items():
        for text, ailments in _grouped(kind).items():
            yield f"| {name} | {', '.join(f'`{each}`' for each in ailments)} | {text} |"


def _grouped(kind: Kind) -> Mapping[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for ailment, by_kind in BY_KIND.items():
        if kind in by_kind:
            grouped.setdefault(by_kind[kind], []).append(ailment)
    return grouped
