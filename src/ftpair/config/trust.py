"""Which files TLS needs: certificates with their keys, CAs, revocation lists. Pure: nothing is read here."""

from collections.abc import Iterator

from ftpair.config.checks import services
from ftpair.config.models import Config
from ftpair.config.problems import Where


def trust_files(config: Config) -> tuple[str, ...]:
    """Return every file with a certificate, a key, a CA or a revocation list that the configuration names, once."""
    files = [name for pair in config.certificates.values() for name in (pair.certificate, pair.key)]
    for _where, ca, crl in trusts(config):
        files += [name for name in (ca, crl) if name]
    return tuple(dict.fromkeys(files))


def trusts(config: Config) -> Iterator[tuple[tuple[Where, Where], str | None, str | None]]:
    """Yield every CA file and revocation list that belong together, behind the places of both."""
    for where, service in services(config):
        wanted = service.tls.client_certificate if service.tls else None
        if wanted:
            block = (*where, "tls", "client_certificate")
            yield ((*block, "ca"), (*block, "crl")), wanted.ca, wanted.crl
        yield _places(where), service.server_ca, service.server_crl
        for name, server in service.real_servers.items():
            ca, crl = server.server_ca, server.server_crl
            if ca or crl:
                yield _places((*where, "real_servers", name)), ca or service.server_ca, crl or service.server_crl


def _places(where: Where) -> tuple[Where, Where]:
    return (*where, "server_ca"), (*where, "server_crl")
