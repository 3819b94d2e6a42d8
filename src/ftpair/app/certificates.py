"""The certificates of the configuration file: listed, examined, kept and taken out. Keys go in, and never out."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from ftpair.app.certificate_files import CertificateFiles, Contents
from ftpair.app.change import demand_match
from ftpair.app.history import save
from ftpair.app.node import Node
from ftpair.config import blocks
from ftpair.config.authorities import system_authorities
from ftpair.config.certificate_facts import chain_alone, facts_of, key_alone, missing_issuer, uncovered
from ftpair.config.certificates import NotPemError, Remark, examine
from ftpair.config.checks import certificates_named
from ftpair.config.load import read_config, understood
from ftpair.config.machine import this_machine
from ftpair.config.materials import refused_chain
from ftpair.config.models import Config
from ftpair.config.values import NAME
from ftpair.core.actions import PatchConfiguration, Problem, Refused, Said
from ftpair.core.certificates import (
    CertificateEntry,
    CertificateFacts,
    CertificateIs,
    CertificateRemark,
    CertificatesAre,
    DeleteCertificate,
    GetCertificates,
    Place,
    SaveCertificate,
)
from ftpair.core.errors import NotFoundError, SetupError, WrongRequestError

_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a chain says of itself, what is wrong with it or its key, and what soon will be."""

    facts: CertificateFacts | None
    problems: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()


async def get_certificates(node: Node, _action: GetCertificates) -> CertificatesAre:
    """Return the certificates of the file. Raises InvalidConfigError."""
    config = _config(node, await asyncio.to_thread(read_config, node.path))
    return CertificatesAre(await asyncio.to_thread(_entries, node, config))


async def save_certificate(node: Node, order: SaveCertificate) -> CertificateIs | Refused:
    """Keep a certificate and its key beside the file, and enter it there; or say what is wrong with it.

    Raises InvalidConfigError if the file itself is no good, WrongRequestError for a name that cannot be one.
    """
    order = replace(order, key_pem=order.key_pem.strip() or order.chain_pem)  # Some CAs give both in one text.
    found = await asyncio.to_thread(read_config, node.path)
    refused = demand_match(order.if_match, found) or _demand_free(_config(node, found), order)
    if refused:
        return refused
    entry = await asyncio.to_thread(_examined, _config(node, found), order)
    if order.dry_run:
        return CertificateIs(entry, _verdict(entry))
    if entry.problems:
        problems = tuple(Problem(each.place, each.sentence) for each in entry.problems)
        return Refused("invalid", _verdict(entry), problems)
    return await _kept(node, order, found)


async def delete_certificate(node: Node, order: DeleteCertificate) -> Said | Refused:
    """Take a certificate that nobody uses out of the file. Raises InvalidConfigError and NotFoundError."""
    found = await asyncio.to_thread(read_config, node.path)
    config = _config(node, found)
    files = _demand_known(config, order.name)
    users = _users(config, order.name)
    if users:
        remedy = "let it use another one first"
        return Refused("conflict", f"{order.name} is used by {', '.join(users)}: {remedy}; nothing was changed")
    patch = json.dumps({"certificates": {order.name: None}})
    answer = await save(node, PatchConfiguration(patch, order.if_match, order.author, order.comment))
    if isinstance(answer, Refused):
        return answer
    stay = f"{files.certificate} and {files.key} stay on the disk, so that a roll back finds them"
    return Said(f"{order.name} is taken out of the file (revision {answer.revision}); {stay}")


def _config(node: Node, content: bytes) -> Config:
    """Return what the file says. Raises InvalidConfigError: what is entered into such a file cannot be told."""
    return understood(str(node.path), content, this_machine())


# What there is.


def _entries(node: Node, config: Config) -> tuple[CertificateEntry, ...]:
    return tuple(_entry(node, config, name) for name in config.certificates)


def _entry(node: Node, config: Config, name: str) -> CertificateEntry:
    files, running = config.certificates[name], node.checked.materials.certificates.get(name)
    try:
        chain, key = (_read(node.path.parent / path) for path in (files.certificate, files.key))
    except OSError as error:
        why = f"cannot be read ({(error.strerror or str(error)).lower()}): put it there again, or upload it anew"
        return _described(config, name, _Seen(None, (("certificate", f"{error.filename} {why}"),)))
    is_running = running is not None and running.chain_pem == chain
    return _described(config, name, _seen(chain, key), is_running=is_running)


def _described(config: Config, name: str, seen: _Seen, *, is_running: bool = False) -> CertificateEntry:
    files = config.certificates.get(name)
    return CertificateEntry(
        name=name,
        certificate=files.certificate if files else "",
        key=files.key if files else "",
        facts=seen.facts,
        used_by=_users(config, name),
        is_running=is_running,
        problems=_remarks(seen.problems),
        warnings=_remarks(seen.warnings),
    )


def _seen(chain: bytes, key: bytes) -> _Seen:
    now = time.time()
    examined = examine(chain, key, now)
    problems = examined.problems or refused_chain(chain, key)
    try:
        return _Seen(facts_of(chain, now), problems, (*examined.warnings, *_loose_end(chain)))
    except NotPemError:
        return _Seen(None, problems)


def _loose_end(chain: bytes) -> Iterator[Remark]:
    issuer = missing_issuer(chain, system_authorities())
    if issuer:
        remedy = "append the certificates that your CA gave with it, unless clients are given that CA by hand"
        yield "certificate", f"ends at {issuer}, whom this machine does not know: {remedy}"


def _users(config: Config, name: str) -> tuple[str, ...]:
    """Return who names a certificate: services, and `web`."""
    places = (place for place, named in certificates_named(config) if named == name)
    return tuple(dict.fromkeys(str(place[1] if place[0] == "virtual_services" else place[0]) for place in places))


def _remarks(found: tuple[Remark, ...]) -> tuple[CertificateRemark, ...]:
    return tuple(CertificateRemark(_place(place), sentence) for place, sentence in found)


def _place(name: str) -> Place:
    return "key" if name == "key" else "certificate"


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST_BYTES)


# What is to come.


def _demand_free(config: Config, order: SaveCertificate) -> Refused | None:
    """Return why a name cannot be taken; None: it can. Raises WrongRequestError."""
    if not re.fullmatch(NAME, order.name):
        raise WrongRequestError("a name has 1 to 64 letters, digits, dots, dashes and underscores")
    own = CertificateFiles(Path(), order.name).entry
    if order.name in config.certificates and not order.may_replace:
        return Refused("conflict", f"there is a certificate {order.name} already: replace it, or write another name")
    for name, files in config.certificates.items():
        if name != order.name and {files.certificate, files.key} & set(own.values()):
            why = f"{name} has its files at {own['certificate']}, where those of {order.name} would be"
            return Refused("conflict", f"{why}: write another name")
    return None


def _examined(config: Config, order: SaveCertificate) -> CertificateEntry:
    seen = _seen(order.chain_pem, order.key_pem)
    unnamed = tuple(_unnamed(seen.facts, order.hosts))
    return _described(config, order.name, _Seen(seen.facts, seen.problems, (*seen.warnings, *unnamed)))


def _unnamed(facts: CertificateFacts | None, hosts: tuple[str, ...]) -> Iterator[Remark]:
    if facts and not facts.names:
        yield "certificate", "has no names (subjectAltName), by which clients know it: have one made with them"
        return
    missing = list(uncovered(facts.names, hosts)) if facts else []
    if facts and missing:
        names = f"{', '.join(missing)}; its names are {', '.join(facts.names)}"
        yield "certificate", f"is not valid for {names}: have one made with all names that clients dial"


def _verdict(entry: CertificateEntry) -> str:
    number = len(entry.problems)
    if not number:
        return f"{entry.name} can be used"
    things = "1 problem" if number == 1 else f"{number} problems"
    first = entry.problems[0]
    return f"{entry.name} cannot be used ({things}): the {first.place} {first.sentence}"


async def _kept(node: Node, order: SaveCertificate, found: bytes) -> CertificateIs | Refused:
    """Write the files first, as the check of the file reads them; take that back if the file cannot be written."""
    files = CertificateFiles(node.path.parent, order.name)
    try:
        former = await asyncio.to_thread(files.read)
        await asyncio.to_thread(files.write, Contents(chain_alone(order.chain_pem), key_alone(order.key_pem)))
    except SetupError as error:
        return Refused("setup", error.sentence)
    revision = 0 if _is_entered(_config(node, found), files) else await _entered(node, order, files)
    if isinstance(revision, Refused):
        await asyncio.to_thread(files.write, former)
        return revision
    config = _config(node, await asyncio.to_thread(read_config, node.path))
    entry = await asyncio.to_thread(_entry, node, config, order.name)
    return CertificateIs(entry, _said(node, files, revision), revision)


async def _entered(node: Node, order: SaveCertificate, files: CertificateFiles) -> int | Refused:
    """Enter the files into the configuration; return the revision that it is now."""
    patch = json.dumps({"certificates": {order.name: files.entry}})
    answer = await save(node, PatchConfiguration(patch, order.if_match, order.author, order.comment))
    return answer if isinstance(answer, Refused) else answer.revision


def _is_entered(config: Config, files: CertificateFiles) -> bool:
    known = config.certificates.get(files.name)
    return known is not None and {"certificate": known.certificate, "key": known.key} == files.entry


def _said(node: Node, files: CertificateFiles, revision: int) -> str:
    kept = f"{files.name} is kept in {files.entry['certificate']} and {files.entry['key']}"
    if revision:
        return f"{kept} and entered in the file (revision {revision}): an apply brings it in"
    if _is_entered(node.checked.config, files):
        return f"{kept}: the next handshake uses it"
    return f"{kept}; the file names it already: an apply brings it in"


def _demand_known(config: Config, name: str) -> blocks.CertificateFiles:
    if name not in config.certificates:
        known = ", ".join(config.certificates) or "none"
        raise NotFoundError(f"no certificate {name!r}; there are: {known}")
    return config.certificates[name]
