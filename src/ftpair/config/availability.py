"""What quorum, backups and ejection contradict, and what of them is in vain. Pure."""

from collections.abc import Iterator

from ftpair.config.checks import ftp_services, services
from ftpair.config.models import Config, FtpService, VirtualService
from ftpair.config.pools import RealServer
from ftpair.config.problems import Finding, Where
from ftpair.config.tcp import TcpServer

_Servers = dict[str, RealServer] | dict[str, TcpServer]


def contradictory_availability(config: Config) -> Iterator[Finding]:
    """Yield quorums that are never met, and ejections that would be longer than the longest."""
    for where, service in services(config):
        for place, servers, quorum in _pools(service):
            ordinary = sum(not each.backup for each in servers.values())
            if quorum > ordinary > 0:
                sentence = f"is never met: the pool has {ordinary} that are no backup; write at most {ordinary}"
                yield Finding((*where, *place, "quorum"), sentence, depends=((*where, *place, "real_servers"),))
    for where, service in ftp_services(config):
        wanted = service.ejection
        if wanted and wanted.longest_ejection_s < wanted.ejection_s:
            sentence = f"is less than ejection_s, {wanted.ejection_s:g}: write at least as much"
            depends = ((*where, "ejection", "ejection_s"),)
            yield Finding((*where, "ejection", "longest_ejection_s"), sentence, depends)


def vain_backups(config: Config) -> Iterator[Finding]:
    """Yield pools that have backups, but nobody whom they could step in for."""
    for where, service in services(config):
        for place, servers, _quorum in _pools(service):
            if servers and all(each.backup for each in servers.values()):
                sentence = "every server is a backup, so all get sessions at any time: take backup from those in front"
                yield Finding((*where, *place, "real_servers"), sentence)


def _pools(service: VirtualService) -> Iterator[tuple[Where, _Servers, int]]:
    """Yield where each pool stands in the service, its servers and its quorum."""
    yield (), service.real_servers, service.quorum
    if isinstance(service, FtpService):
        for name, pool in service.pools.items():
            yield ("pools", name), pool.real_servers, pool.quorum
