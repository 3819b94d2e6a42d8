"""Which files TLS needs: certificates with their keys, CAs, revocation lists. Pure: nothing is read here."""

from collections.abc import Iterator
from dataclasses import dataclass

from ftpair.config.checks import ftp_services, tcp_services
from ftpair.config.models import Config
from ftpair.config.problems import Where


@dataclass(frozen=True, slots=True)
class Trust:
    """CA certificates and the revocation lists of these CAs, where one block names both."""

    where: Where
    ca: str | None
    crl: str | None
    prefix: str = ""
    """In front of the keys `ca` and `crl`."""
    lent: str | None = None
    """The CA file that the block takes from its service."""

    @property
    def ca_place(self) -> Where:
        """Where its CA file stands."""
        return (*self.where, f"{self.prefix}ca")

    @property
    def crl_place(self) -> Where:
        """Where its revocation lists stand."""
        return (*self.where, f"{self.prefix}crl")


def trusts(config: Config) -> Iterator[Trust]:
    """Yield whom both legs of every service trust."""
    for where, service in ftp_services(config):
        wanted = service.tls.client_certificate if service.tls else None
        if wanted:
            yield Trust((*where, "tls", "client_certificate"), wanted.ca, wanted.crl)
        yield Trust(where, service.server_ca, service.server_crl, "server_")
        for member in service.members():
            place, server = (*where, *member.where), member.server
            yield Trust(place, server.server_ca, server.server_crl, "server_", service.server_ca)
    for where, carried in tcp_services(config):
        yield Trust(where, carried.server_ca, None, "server_")


def trust_files(config: Config) -> tuple[str, ...]:
    """Return every file with a certificate, a key, a CA or a revocation list that the configuration names, once."""
    files = [name for pair in config.certificates.values() for name in (pair.certificate, pair.key)]
    files += [name for trust in trusts(config) for name in (trust.ca, trust.crl) if name]
    return tuple(dict.fromkeys(files))
