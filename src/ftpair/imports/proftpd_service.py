"""One reverse proxy of ProFTPD's file as a service: its servers, who gets which, times and limits. Pure."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from ftpair.imports.names import fresh_name
from ftpair.imports.proftpd_ports import address_of, ports_of
from ftpair.imports.proftpd_site import Site
from ftpair.imports.proftpd_tls import Certificates, back_of, engine_of, front_of

_POLICIES = {
    "roundrobin": ("round-robin", ""),
    "leastconns": ("least-sessions", ""),
    "perhost": ("source-hash", ""),
    "peruser": ("user-hash", ""),
    "random": ("random-two", "of two servers drawn by lot, the one with fewer sessions is taken"),
    "shuffle": ("round-robin", "each server has its turn, always in the same order"),
    "leastresponsetime": ("least-sessions", "sessions are counted, no times are measured"),
    "pergroup": ("user-hash", "ftpair knows no groups of users: write pools and routes if each has its servers"),
}
_DATA = {"active": "active", "port": "active", "eprt": "active"}
_DATA |= {"passive": "passive", "pasv": "passive", "epsv": "passive"}
_WEEK, _YEAR = 604800, 31536000
_TIMES = {
    "login_timeout_s": ("TimeoutLogin",),
    "handshake_timeout_s": ("TLSTimeoutHandshake", "ProxyTLSTimeoutHandshake"),
    "idle_timeout_s": ("TimeoutIdle",),
    "connect_timeout_s": ("ProxyTimeoutConnect",),
    "stall_timeout_s": ("TimeoutStalled",),
}
_LIMITS = {
    "sessions_per_address": ("MaxClientsPerHost", "MaxConnectionsPerHost"),
    "sessions_per_user": ("MaxClientsPerUser",),
}
_URL = re.compile(r"(?:(ftps?)://)?(?:([^@/]*)@)?(?:\[([^\]]+)\]|([^:/\[\]]+))(?::(\d{1,5}))?/?", re.IGNORECASE)
_SECRET = re.compile(r"//[^@]*@")
_IMPLICIT = 990
_OPTIONS = {
    "allowforeignaddress": "write server_passive_networks with the networks of the servers' other addresses",
    "usereverseproxyauth": "the servers decide about logins, and nobody else",
    "usedirectdatatransfers": "data always goes through ftpair",
    "ignoreforeignaddress": "",
    "showfeatures": "",
    "useproxyprotocolv2tlvs": "",
    "useproxyprotocol": "",
    "useproxyprotocolv1": "",
    "useproxyprotocolv2": "",
}
_REMEDIES = {
    "ProxySourceAddress": "no service chooses the address that servers see: the routes of the machine do",
    "TimeoutNoTransfer": "who only sends commands is not ended: idle_timeout_s counts from the last command",
    "MaxLoginAttempts": "write bans",
    "MaxInstances": "this counts the sessions of all servers: write max_sessions",
    "MaxHostsPerUser": "addresses of a user are not counted: write limits.sessions_per_user",
    "MaxConnectionRate": "ftpair counts for each client: write limits.connections_per_minute_per_address",
    "TransferRate": "write limits.bytes_per_second_per_session, or per_user, in bytes",
    "AllowForeignAddress": "data connections come from the client's address: write data_peer for others",
    "ProxyDirectoryListPolicy": "lists of files pass as the server writes them",
    "TLSUserName": "the server asks for the password in any case: write tls.client_certificate.user",
    "ServerAlias": "a service has one set of servers: write pools, and routes with host",
    "TLSPKCS12File": "ftpair reads PEM: write certificates",
}


@dataclass(frozen=True, slots=True)
class Backend:
    """A server behind the proxy, as its URL says."""

    host: str
    port: int
    tls: str
    """What the URL says of `server_tls`; empty if nothing."""


def servers_behind(site: Site) -> list[Backend]:
    """Return the servers whose addresses stand in the file; the others are told."""
    found = []
    for line in site.all("ProxyReverseServers"):
        for url in line.words[1:]:
            backend = _backend(url)
            if backend:
                found.append(backend)
            else:
                site.tell(line, f"{_SECRET.sub('//', url)} is not carried: write its servers under real_servers")
            if "@" in url and backend:
                site.tell(line, f"{backend.host}: user and password of a URL are not carried: clients bring theirs")
    return found


def _backend(url: str) -> Backend | None:
    found = _URL.fullmatch(url)
    if not found or not (found[1] or found[5]) or not 0 < int(found[5] or 21) < 65536:
        return None
    port = int(found[5] or 21)
    secure = "implicit" if port == _IMPLICIT else "explicit"
    return Backend(found[3] or found[4], port, secure if (found[1] or "").lower() == "ftps" else "")


def service_of(site: Site, certificates: Certificates) -> dict[str, Any]:
    """Return the service that a reverse proxy becomes."""
    front = front_of(site, certificates)
    service: dict[str, Any] = {"mode": "ftp", "address": address_of(site)}
    service |= _advertised(site)
    service["ports"] = ports_of(site, has_tls="tls" in front)
    service |= front
    service |= _greeting(site) | _policy(site)
    service |= _retries(site)
    most = site.whole("MaxClients")
    service |= {"max_sessions": most} if most else {}
    service |= _times(site) | _limits(site) | _data(site) | _options(site)
    service |= _behind(site, has_tls="tls" in front, certificates=certificates)
    site.last("ServerName")
    for directive, remedy in _REMEDIES.items():
        site.tell_all(f"not carried, {remedy}", directive)
    return service


def _advertised(site: Site) -> dict[str, Any]:
    lines = [line for each in ("MasqueradeAddress", "TLSMasqueradeAddress") if (line := site.last(each))]
    if not lines:
        return {}
    line, other = lines[0], lines[-1]
    if other.value != line.value:
        site.tell(other, f"{other}: a service advertises one address, {line.value}")
    try:
        return {"advertised_address": str(IPv4Address(line.value))}
    except ValueError:
        site.tell(line, f"{line}: {line.value} is no IPv4 address: write advertised_address")
        return {}


def _greeting(site: Site) -> dict[str, Any]:
    line = site.last("ServerIdent")
    if line is None or len(line.words) < 3 or not line.words[2]:
        return {}
    if "%" in line.words[2]:
        site.tell(line, f"{line}: ftpair fills in nothing: write greeting")
        return {}
    return {"greeting": line.words[2]}


def _policy(site: Site) -> dict[str, Any]:
    line = site.last("ProxyReverseConnectPolicy")
    if line is None:
        return {"balance": "round-robin"}
    balance, remark = _POLICIES.get(line.value.lower(), ("round-robin", "ftpair knows no such policy"))
    if remark:
        site.tell(line, f"{line} becomes {balance}: {remark}")
    return {"balance": balance}


def _retries(site: Site) -> dict[str, Any]:
    attempts = site.whole("ProxyRetryCount")
    return {"retries": min(attempts - 1, 100)} if attempts else {}


def _times(site: Site) -> dict[str, Any]:
    times: dict[str, Any] = {}
    for key, directives in _TIMES.items():
        found = [time for each in directives if (time := site.seconds(each, _WEEK)) is not None]
        times |= {key: max(found)} if found else {}
    for line in site.all("TimeoutSession"):
        if len(line.words) > 2:
            site.tell(line, f"{line}: ftpair has one for all users: session_timeout_s")
    longest = site.seconds("TimeoutSession", _YEAR, may_be_endless=True)
    times |= {"session_timeout_s": longest} if longest else {}
    return {"timeouts": times} if times else {}


def _limits(site: Site) -> dict[str, Any]:
    limits: dict[str, int] = {}
    for key, directives in _LIMITS.items():
        found = [most for each in directives if (most := site.whole(each))]
        limits |= {key: min(found)} if found else {}
    return {"limits": limits} if limits else {}


def _data(site: Site) -> dict[str, Any]:
    line = site.last("ProxyDataTransferPolicy")
    way = _DATA.get(line.value.lower()) if line else None
    if line is None or way is None:
        return {}
    if line.value.lower() != way:
        site.tell(line, f"{line} becomes server_data: {way}: ftpair chooses the command by the address")
    return {"server_data": way}


def _options(site: Site) -> dict[str, Any]:
    options = site.options("ProxyOptions")
    for option, line in options.items():
        remedy = _OPTIONS.get(option, "ftpair has nothing like it")
        if remedy:
            site.tell(line, f"{line}: {remedy}")
    if "useproxyprotocolv2" in options:
        return {"proxy_protocol": {"to_control": "v2"}}
    if options.keys() & {"useproxyprotocol", "useproxyprotocolv1"}:
        return {"proxy_protocol": {"to_control": "v1"}}
    return {}


def _behind(site: Site, certificates: Certificates, *, has_tls: bool) -> dict[str, Any]:
    """Return the servers, and what they have in common."""
    servers, first = servers_behind(site), site.all("ProxyReverseServers")[0]
    says_all = all(each.tls for each in servers)
    engine = servers[0].tls if says_all else engine_of(site, first, has_tls=has_tls)
    switch = site.last("ProxyTLSEngine")
    if switch and switch.value.lower() == "off" and any(each.tls for each in servers):
        site.tell(switch, f"{switch} made mod_proxy speak clear text to servers with ftps: they get TLS")
    common: dict[str, Any] = {"server_tls": engine}
    entries: dict[str, Any] = {}
    for each in servers:
        entry: dict[str, Any] = {"address": each.host}
        entry |= {"port": each.port} if each.port != (_IMPLICIT if each.tls == "implicit" else 21) else {}
        entry |= {"server_tls": each.tls} if each.tls not in {"", engine} else {}
        entries[fresh_name(each.host, entries)] = entry
    if {engine, *(each.tls for each in servers)} <= {"off", ""}:
        site.pass_over("proxytls")
    else:
        common |= back_of(site, certificates)
    return common | {"real_servers": entries}
