"""What a configuration only names: files and host names, read and resolved once, with what is wrong about them."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path

from ftpair.config.certificates import NotPemError, Remark, examine, names_of, read_certificates
from ftpair.config.checks import services
from ftpair.config.contexts import load_authorities, load_chain, load_revocations, words_of
from ftpair.config.load import why_unreadable
from ftpair.config.machine import Machine
from ftpair.config.models import Config
from ftpair.config.problems import Finding, Where
from ftpair.config.revocation import examine_lists
from ftpair.config.trust import trusts
from ftpair.core.plan import Certificate

_MOST_BYTES = 1 << 20
_READABLE_BY_ALL = 0o004


@dataclass(slots=True)
class Materials:
    """What was read and resolved, by the text that names it, and what is wrong with it."""

    certificates: dict[str, Certificate] = field(default_factory=dict)
    cas: dict[str, bytes] = field(default_factory=dict)
    crls: dict[str, bytes] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)


def gather(config: Config, base_dir: Path, machine: Machine) -> Materials:
    """Read every file (relative to `base_dir`) and resolve every host name that the configuration names."""
    materials = Materials()
    reader = _Reader(base_dir, materials)
    _find_users(config, machine, materials)
    _read_trust(config, reader, machine.now)
    for where, service in services(config):
        _read_password(service.health.password_file, where, reader)
        for member in service.members():
            _resolve(member.server.address, (*where, *member.where, "address"), machine, materials)
    return materials


def renewed(former: Materials, config: Config, base_dir: Path, now: float) -> Materials:
    """Return the same with certificates, CAs and revocation lists read anew; what is no good stays as it was.

    `findings` and `warnings` tell of the new reading alone.
    """
    fresh = Materials()
    _read_trust(config, _Reader(base_dir, fresh), now)
    return replace(
        fresh,
        certificates=former.certificates | fresh.certificates,
        cas=former.cas | fresh.cas,
        crls=former.crls | fresh.crls,
        passwords=former.passwords,
        addresses=former.addresses,
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads files relative to the configuration file."""

    base_dir: Path
    materials: Materials

    def read(self, name: str, where: Where) -> bytes | None:
        """Return the bytes of a file; None after a finding."""
        path = self.base_dir / name
        try:
            if path.exists() and not path.is_file() and not path.is_dir():
                self.reject(where, f"{path} is not a file: write the path of one")
                return None
            with path.open("rb") as file:
                return file.read(_MOST_BYTES)
        except OSError as error:
            self.reject(where, why_unreadable(error, path))
            return None

    def read_secret(self, name: str, where: Where) -> bytes | None:
        """Return the bytes of a file that nobody else should read; warn if everybody may."""
        content = self.read(name, where)
        path = self.base_dir / name
        if content is not None and path.stat().st_mode & _READABLE_BY_ALL:
            self.materials.warnings.append(Finding(where, f"{path} can be read by every user: run chmod 600 {path}"))
        return content

    def reject(self, where: Where, sentence: str) -> None:
        """Note what is wrong."""
        self.materials.findings.append(Finding(where, sentence))


def _read_trust(config: Config, reader: _Reader, now: float) -> None:
    _read_certificates(config, reader, now)
    for trust in trusts(config):
        _read_ca(trust.ca, trust.ca_place, reader)
        if trust.crl is not None:
            _read_crl(trust.crl, trust.crl_place, reader, (reader.materials.cas.get(trust.ca or trust.lent or ""), now))


def _find_users(config: Config, machine: Machine, materials: Materials) -> None:
    users: tuple[tuple[Where, str], ...] = (
        (("user",), config.user),
        (("api_user",), config.api_user),
        (("haproxy", "user"), config.haproxy.user),
    )
    for where, user in users:
        if user and not machine.has_user(user):
            remedy = f"create it (useradd --system {user}), or remove the key"
            materials.findings.append(Finding(where, f"{user} is not a user of this machine: {remedy}"))


def _read_certificates(config: Config, reader: _Reader, now: float) -> None:
    for name, files in config.certificates.items():
        where = ("certificates", name)
        chain = reader.read(files.certificate, (*where, "certificate"))
        key = reader.read_secret(files.key, (*where, "key"))
        if chain is None or key is None:
            continue
        examined = examine(chain, key, now)
        problems = examined.problems or refused_chain(chain, key)
        reader.materials.findings += [Finding((*where, place), sentence) for place, sentence in problems]
        reader.materials.warnings += [Finding((*where, place), sentence) for place, sentence in examined.warnings]
        if not problems:
            names = names_of(chain)
            reader.materials.certificates[name] = Certificate(name, chain, key, examined.not_after, names)


def refused_chain(chain: bytes, key: bytes) -> tuple[Remark, ...]:
    """Return what OpenSSL, which has the last word, says against a chain and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    said = _refusal(lambda: load_chain(context, Certificate("", chain, key, 0.0)))
    remedy = "look at it with openssl x509 -noout -text -in FILE, and make a new one"
    return (("certificate", f"{said}: {remedy}"),) if said else ()


def _refusal(load: Callable[[], None]) -> str:
    """Return what OpenSSL, which has the last word, says against it; an empty text if nothing."""
    try:
        load()
    except ssl.SSLError as error:
        return f"is refused by OpenSSL ({words_of(error)})"
    return ""


def _read_password(name: str, service: Where, reader: _Reader) -> None:
    where = (*service, "health", "password_file")
    content = reader.read_secret(name, where) if name else None
    if content is None:
        return
    line, _, rest = content.decode("utf-8", "surrogateescape").partition("\n")
    password = line.rstrip("\r")
    if not password or rest.strip() or not password.isprintable():
        reader.reject(where, f"{name} must hold the password on its only line: write it there, in UTF-8")
    reader.materials.passwords[name] = password


def _read_ca(name: str | None, where: Where, reader: _Reader) -> None:
    content = reader.read(name, where) if name else None
    if name is None or content is None:
        return
    try:
        read_certificates(content)
    except NotPemError as error:
        reader.reject(where, f"{name} {error}")
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if said := _refusal(lambda: load_authorities(context, content)):
        reader.reject(where, f"{name} {said}: write whole certificates in PEM form")
    else:
        reader.materials.cas[name] = content


def _read_crl(name: str, where: Where, reader: _Reader, known: tuple[bytes | None, float]) -> None:
    content = reader.read(name, where)
    if content is None:
        return
    ca_pem, now = known
    examined = examine_lists(content, read_certificates(ca_pem) if ca_pem else (), now)
    problems = examined.problems or _refused_lists(content)
    reader.materials.findings += [Finding(where, f"{name} {sentence}") for _key, sentence in problems]
    reader.materials.warnings += [Finding(where, f"{name} {sentence}") for _key, sentence in examined.warnings]
    if not problems:
        reader.materials.crls[name] = content


def _refused_lists(content: bytes) -> tuple[Remark, ...]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    said = _refusal(lambda: load_revocations(context, content))
    return (("crl", f"{said}: fetch a whole one from your CA"),) if said else ()


def _resolve(host: str, where: Where, machine: Machine, materials: Materials) -> None:
    try:
        address = materials.addresses.get(host) or _address(host, machine)
    except OSError as error:
        sentence = f"{host} cannot be resolved ({error.strerror or error}): write its IP address, or look at the DNS"
        materials.findings.append(Finding(where, sentence))
    else:
        materials.addresses[host] = address


def _address(host: str, machine: Machine) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        return machine.resolve(host)
