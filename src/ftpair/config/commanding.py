"""Which commands a service offers: the block, what contradicts itself in it, and the policy made of it. Pure."""

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from ftpair.config.blocks import Block
from ftpair.config.problems import Finding, Where
from ftpair.core.policy import CommandPolicy
from ftpair.ftp.groups import INDISPENSABLE, OF_A_SESSION, WRITING, family, may_be_offered
from ftpair.ftp.verbs import UNKNOWN, VERBS
from ftpair.session.policy import NOT_OFFERED, READ_ONLY


def _verb(text: str) -> str:
    verb = text.strip().upper()
    if verb in VERBS:
        return verb
    meant = get_close_matches(verb, VERBS, n=1, cutoff=0.5)
    remedy = f"did you mean {meant[0]}?" if meant else "write one of the verbs in docs/verbs.md"
    raise ValueError(f"is not a verb that ftpair knows: {remedy}")


def _sub_command(text: str) -> str:
    word = text.strip().upper()
    if not word.isascii() or not word.isprintable() or " " in word or not word:
        raise ValueError("is not one word: write the sub-command alone, such as CHMOD")
    return word


Verb = Annotated[str, AfterValidator(_verb)]
SubCommand = Annotated[str, AfterValidator(_sub_command)]


class Commands(Block):
    """Which commands are offered. Naming a verb names every other name of it (`MKD` and `XMKD`)."""

    allow: list[Verb] = Field(
        default=[],
        description="Only these, and what every session needs (login, TLS, data connections); all, if empty.",
        examples=[["RETR", "LIST", "CWD", "PWD"]],
    )
    deny: list[Verb] = Field(
        default=[], description="Not these: they are answered with 502.", examples=[["DELE", "RMD"]]
    )
    site_allow: list[SubCommand] = Field(
        default=[], description="Only these sub-commands of SITE; all, if empty.", examples=[["CHMOD"]]
    )
    site_deny: list[SubCommand] = Field(default=[], description="Not these sub-commands of SITE.", examples=[["EXEC"]])
    read_only: bool = Field(
        default=False,
        description="Whatever writes is answered with 550: uploads, deletions, renames, folders, times, unknown verbs, "
        "and SITE but for `site_allow`.",
        examples=[True],
    )


def contradictions_of(where: Where, commands: Commands) -> Iterator[Finding]:
    """Yield what contradicts itself in the block that stands at a place."""
    yield from _indispensable((*where, "deny"), commands.deny)
    yield from _never_offered((*where, "allow"), commands.allow)
    yield from _both(where, ("allow", commands.allow), ("deny", commands.deny))
    yield from _both(where, ("site_allow", commands.site_allow), ("site_deny", commands.site_deny))
    yield from _site_is_refused(where, commands)
    if commands.read_only:
        yield from _writing((*where, "allow"), commands.allow)


def _indispensable(where: Where, deny: list[str]) -> Iterator[Finding]:
    for place, verb in enumerate(deny):
        if verb in INDISPENSABLE:
            sentence = (
                f"{verb} cannot be denied, every session needs it: remove it (tls decides what must be protected)"
            )
            yield Finding((*where, place), sentence)


def _never_offered(where: Where, allow: list[str]) -> Iterator[Finding]:
    for place, verb in enumerate(allow):
        if not may_be_offered(verb):
            yield Finding((*where, place), f"{verb} is never offered by ftpair: remove it")


def _both(where: Where, allow: tuple[str, list[str]], deny: tuple[str, list[str]]) -> Iterator[Finding]:
    allowed = _families(allow[1])
    for place, word in enumerate(deny[1]):
        if word in allowed:
            sentence = f"{word} is allowed too, in {allow[0]}: write it in one of the two"
            yield Finding((*where, deny[0], place), sentence, depends=((*where, allow[0]),))


def _site_is_refused(where: Where, commands: Commands) -> Iterator[Finding]:
    is_denied = "SITE" in commands.deny or (commands.allow and "SITE" not in commands.allow)
    for key in ("site_allow", "site_deny"):
        if is_denied and getattr(commands, key):
            remedy = "remove SITE from deny" if "SITE" in commands.deny else "add SITE to allow"
            depends = ((*where, "allow"), (*where, "deny"))
            yield Finding((*where, key), f"means nothing while SITE is refused as a whole: {remedy}", depends)


def _writing(where: Where, allow: list[str]) -> Iterator[Finding]:
    for place, verb in enumerate(allow):
        if verb in WRITING:
            sentence = f"{verb} writes, and read_only refuses it: remove it, or write read_only: false"
            yield Finding((*where, place), sentence, depends=((*where[:-1], "read_only"),))


def policy_of(commands: Commands) -> CommandPolicy | None:
    """Return the block resolved to one reply for each verb that is refused; None if nothing is."""
    policy = CommandPolicy(
        refusals=_denied(commands) | (_written() if commands.read_only else {}),
        site=dict.fromkeys(commands.site_allow, "") | dict.fromkeys(commands.site_deny, NOT_OFFERED),
        site_others=_others(commands),
        is_read_only=commands.read_only,
    )
    return None if policy == CommandPolicy() else policy


def _denied(commands: Commands) -> dict[str, str]:
    refused = _families(commands.deny)
    if commands.allow:
        offered = {name for name in VERBS if may_be_offered(name)} | {UNKNOWN.name}
        refused |= offered - OF_A_SESSION - _families(commands.allow)
    return dict.fromkeys(sorted(refused), NOT_OFFERED)


def _written() -> dict[str, str]:
    return dict.fromkeys(sorted(WRITING | {UNKNOWN.name}), READ_ONLY)


def _others(commands: Commands) -> str:
    if commands.read_only:
        return READ_ONLY
    return NOT_OFFERED if commands.site_allow else ""


def _families(names: Iterable[str]) -> set[str]:
    return {member for name in names for member in family(name)}


def _refused(policy: CommandPolicy | None) -> str:
    return ", ".join(policy.refusals) if policy else ""


def _site(policy: CommandPolicy | None) -> str:
    if policy is None or not (policy.site or policy.site_others):
        return "all"
    words = sorted(word for word, reply in policy.site.items() if bool(reply) is not bool(policy.site_others))
    return f"only {', '.join(words) or 'none'}" if policy.site_others else f"all but {', '.join(words)}"


COMMAND_WORDS: tuple[tuple[str, Callable[[Any], Any]], ...] = (("refused commands", _refused), ("SITE commands", _site))
"""How a step speaks of a policy, or of none."""
