"""The TLS of one server in ProFTPD's file, of mod_tls towards clients and of mod_proxy towards servers. Pure."""

from pathlib import PurePath
from typing import Any

from ftpair.imports.names import fresh_name
from ftpair.imports.proftpd_file import Line
from ftpair.imports.proftpd_site import Site

# TLSRequired: clear_text, data_protection.
_REQUIRED = {
    "off": ("allow", "allow"),
    "on": ("refuse", "require"),
    "ctrl": ("refuse", "allow"),
    "auth": ("refuse", "allow"),
    "data": ("allow", "require"),
    "!data": ("allow", "refuse"),
    "ctrl+data": ("refuse", "require"),
    "auth+data": ("refuse", "require"),
    "ctrl+!data": ("refuse", "refuse"),
    "auth+!data": ("refuse", "refuse"),
}
_KINDS = ("RSA", "EC", "DSA")
_ENGINES = {"on": "explicit", "off": "off", "auto": "explicit", "matchclient": "match"}
_VERSIONS = ("sslv3", "tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3")
_HARMLESS = {"useimplicitssl", "nosessionreuserequired", "enablediags", "stdenvvars", "exportcertdata"}
_HARMLESS |= {
    "noemptyfragments",
    "nocertrequest",
    "noautoecdh",
    "nosessioncache",
    "nosessiontickets",
    "noconnectionreuse",
}
_NO_LIST = "ftpair takes a file: put what is in the folder into one, and write"
_OWN_CIPHERS = "ftpair has ciphers of its own: write {} if old programs need others"


def is_implicit(site: Site) -> bool:
    """Whether TLS comes first on the server's port."""
    return site.is_on("TLSEngine") and "useimplicitssl" in site.options("TLSOptions")


def front_of(site: Site, certificates: "Certificates") -> dict[str, Any]:
    """Return the keys of a service about TLS towards clients: `tls` and `data_session`; nothing where there is none."""
    if not site.is_on("TLSEngine"):
        site.pass_over("tls")
        return {}
    shown = _shown(site, certificates)
    if not shown:
        return {}
    required = site.value("TLSRequired", "off").lower()
    required = {"yes": "on", "true": "on", "1": "on"}.get(required, required)
    clear_text, protection = _REQUIRED.get(required, _REQUIRED["off"])
    tls: dict[str, Any] = {"certificate": shown, "clear_text": clear_text, "data_protection": protection}
    if is_implicit(site):
        del tls["clear_text"]
    tls |= {"ccc": "allow"} if required.startswith("auth") else {}
    tls |= _oldest(site, "TLSProtocol", "minimum_version")
    tls |= _clients(site, tls)
    options = site.options("TLSOptions")
    for option in options.keys() - _HARMLESS:
        site.tell(options[option], f"{options[option]} is not carried")
    site.tell_all(_OWN_CIPHERS.format("tls.ciphers"), "TLSCipherSuite")
    is_lax = "nosessionreuserequired" in options or site.value("TLSSessionCache").lower() == "off"
    is_lax |= protection == "refuse"
    return {"tls": tls} | ({} if is_lax else {"data_session": "require"})


def _shown(site: Site, certificates: "Certificates") -> str:
    """Return the name of the certificate that clients are shown; empty if the file names none."""
    found = [pair for kind in _KINDS if (pair := _pair(site, f"TLS{kind}Certificate"))]
    for line, _ in found[1:]:
        site.tell(line, f"{line}: a service shows one certificate per name, {found[0][0].value}: this one is left out")
    remedy = "append what is in it to the file of the certificate, behind it"
    site.tell_all(remedy, "TLSCertificateChainFile")
    if not found:
        engine = site.last("TLSEngine")
        assert engine is not None
        site.tell(
            engine, f"{engine}: no certificate in PEM is named, so the service has no TLS: write tls and certificates"
        )
        return ""
    line, key = found[0]
    return certificates.name_of(line.value, key)


def _pair(site: Site, directive: str) -> tuple[Line, str] | None:
    """Return the line of a certificate, and its key's file, which may be the same."""
    line, key = site.last(f"{directive}File"), site.last(f"{directive}KeyFile")
    return (line, key.value if key else line.value) if line and line.value else None


def _clients(site: Site, tls: dict[str, Any]) -> dict[str, Any]:
    """Return what clients must prove by a certificate."""
    site.tell_all(f"{_NO_LIST} tls.client_certificate", "TLSCACertificatePath", "TLSCARevocationPath")
    verify, ca, crl = site.last("TLSVerifyClient"), site.last("TLSCACertificateFile"), site.last("TLSCARevocationFile")
    demand = verify.value.lower() if verify else "off"
    if verify is None or demand in {"off", "no", "false", "0"}:
        return {}
    if ca is None:
        site.tell(verify, f"{verify}: no TLSCACertificateFile is named, so no client is asked for a certificate")
        return {}
    chosen = {"ca": ca.value, "demand": "optional" if demand == "optional" else "require"}
    chosen |= {"crl": crl.value} if crl else {}
    if chosen["demand"] == "require" and tls.get("clear_text") == "allow":
        tls["clear_text"] = "refuse"
        site.tell(verify, f"{verify} leaves no login in clear text, which needs no certificate: clear_text: refuse")
    return {"client_certificate": chosen}


def engine_of(site: Site, servers: Line, *, has_tls: bool) -> str:
    """Return `server_tls` for servers whose URL does not say it."""
    line = site.last("ProxyTLSEngine")
    chosen = line.value.lower() if line else "auto"
    chosen = {"yes": "on", "true": "on", "1": "on", "no": "off", "false": "off", "0": "off"}.get(chosen, chosen)
    if chosen == "auto":
        where = line or servers
        how = str(line) if line else "ProxyTLSEngine is not there, which is auto"
        remedy = "ftpair never goes on in clear text by itself, explicit is written: write off for servers without TLS"
        site.tell(where, f"{how}: {remedy}")
    if chosen == "matchclient" and not has_tls:
        return "off"
    if chosen == "matchclient" and is_implicit(site):
        assert line is not None
        site.tell(line, f"{line}: with match the servers get explicit TLS, from clients with implicit TLS too")
    return _ENGINES.get(chosen, "implicit" if chosen == "implicit" else "explicit")


def back_of(site: Site, certificates: "Certificates") -> dict[str, Any]:
    """Return the keys of a service about TLS towards servers that have any."""
    back: dict[str, Any] = {}
    ca, crl = site.last("ProxyTLSCACertificateFile"), site.last("ProxyTLSCARevocationFile")
    back |= {"server_ca": ca.value} if ca else {}
    if not site.is_on("ProxyTLSVerifyServer", default=True):
        back["server_verify"] = False
    elif crl:
        back["server_crl"] = crl.value
    back |= _oldest(site, "ProxyTLSProtocol", "server_minimum_version")
    own = _pair(site, "ProxyTLSCertificate")
    back |= {"server_certificate": certificates.name_of(own[0].value, own[1])} if own else {}
    site.tell_all(f"{_NO_LIST} server_ca, server_crl", "ProxyTLSCACertificatePath", "ProxyTLSCARevocationPath")
    site.tell_all(_OWN_CIPHERS.format("server_ciphers"), "ProxyTLSCipherSuite")
    site.all("ProxyTLSOptions")
    policy = site.last("ProxyTLSTransferProtectionPolicy")
    if policy and policy.value.lower() != "required":
        site.tell(
            policy, f"{policy}: data connections to servers with TLS are protected; match does as the client does"
        )
    return back


def _oldest(site: Site, directive: str, key: str) -> dict[str, Any]:
    """Return the oldest version that is spoken."""
    line = site.last(directive)
    if line is None:
        return {}
    words = [word.lower() for word in line.words[1:]]
    chosen = set(_VERSIONS) if words[:1] == ["all"] else set()
    for word in words:
        chosen = chosen - {word[1:]} if word.startswith("-") else chosen | {word.lstrip("+")}
    chosen = chosen | {"tlsv1", "tlsv1.1", "tlsv1.2"} if "sslv23" in chosen else chosen
    if chosen & {"sslv3", "tlsv1", "tlsv1.1"}:
        site.tell(line, f"{line}: ftpair speaks nothing older than TLS 1.2")
    return {key: "1.3" if "tlsv1.3" in chosen and "tlsv1.2" not in chosen else "1.2"}


class Certificates:
    """The certificates that the services name."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}

    def name_of(self, certificate: str, key: str) -> str:
        """Return the name of a pair of files, a new one after the file of the certificate if need be."""
        known = self._names.get((certificate, key))
        if known is None:
            known = fresh_name(PurePath(certificate).stem, self._names.values())
            self._names[certificate, key] = known
        return known

    def block(self) -> dict[str, Any]:
        """Return `certificates` of the configuration."""
        return {name: {"certificate": pair[0], "key": pair[1]} for pair, name in self._names.items()}
