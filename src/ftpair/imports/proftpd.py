"""A ProFTPD file with reverse proxies (mod_proxy), made one of ftpair; what is not carried is told with its line."""

from typing import Any

from ftpair.core.errors import FtpairError
from ftpair.imports.names import fresh_name
from ftpair.imports.notes import Imported, Note
from ftpair.imports.proftpd_file import Included, included_files, servers_of
from ftpair.imports.proftpd_ports import Draft, arrange
from ftpair.imports.proftpd_service import servers_behind, service_of
from ftpair.imports.proftpd_site import Site
from ftpair.imports.proftpd_tls import Certificates

_NO_PROXY = "no server of this file has ProxyEngine on, ProxyRole reverse and ProxyReverseServers"
_FORWARD = "clients of a forward proxy name the server themselves, and ftpair goes to servers of its file alone"


def import_proftpd(text: str, included: Included = included_files) -> Imported:
    """Return the configuration for ftpair. Raises FtpairError when there is no reverse proxy in the file."""
    servers, left = servers_of(text, included)
    notes, certificates = set(left), Certificates()
    sites = [Site(server, notes) for server in servers]
    verdicts = [(site, _refusal(site)) for site in sites]
    drafts = [Draft(site, service_of(site, certificates)) for site, refusal in verdicts if not refusal]
    if not drafts:
        proxies = [str(refusal) for site, refusal in verdicts if site.is_on("ProxyEngine")]
        raise FtpairError(f"{proxies[0] if proxies else _NO_PROXY}: there is no reverse proxy to import")
    notes |= {refusal for site, refusal in verdicts if refusal and site.value("Port") != "0"}
    for draft in drafts:
        notes |= set(draft.site.left_out())
    services: dict[str, Any] = {}
    for draft in arrange(drafts):
        services[fresh_name(_title(draft.site), services)] = draft.service
    block = certificates.block()
    configuration = ({"certificates": block} if block else {}) | {"virtual_services": services}
    return Imported(configuration, tuple(sorted(notes, key=lambda note: (note.file, note))))


def _refusal(site: Site) -> Note | None:
    """Return why a server is no reverse proxy; None if it is one."""
    role, servers = site.last("ProxyRole"), site.all("ProxyReverseServers")
    if not site.is_on("ProxyEngine") or site.value("Port") == "0":
        return site.server.opening.note(f"{site.server.opening} takes no clients of a proxy: left out")
    if role and role.value.lower() == "forward":
        return role.note(f"{role}: {_FORWARD}")
    if role is None or not servers:
        return site.server.opening.note(
            f"{site.server.opening} has no {'ProxyReverseServers' if role else 'ProxyRole'}"
        )
    if not servers_behind(site):
        return servers[0].note(f"{servers[0].words[0]}: no address of a server stands here that ftpair can go to")
    return None


def _title(site: Site) -> str:
    """Return what the server is called: ServerName, or its address."""
    return site.value("ServerName") or next(iter(site.server.addresses), "FTP")
