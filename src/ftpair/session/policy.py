"""The command policy of a service: what is refused before the server sees it, and what is not spoken of."""

import re
from collections.abc import Callable

from ftpair.core.facts import CommandRefused
from ftpair.core.policy import CommandPolicy
from ftpair.ftp.command import Command
from ftpair.ftp.feat import is_carried
from ftpair.ftp.groups import NO_VERBS
from ftpair.ftp.verbs import UNKNOWN, VERBS
from ftpair.session.conversation import Conversation
from ftpair.session.effects import Note

READ_ONLY = "550 This service is read-only."
NOT_OFFERED = "502 This command is not offered here."

_SETS_TIME = re.compile(rb"\s*\d{14}\S*\s+\S|.*\xff", re.DOTALL)
"""MDTM with a time in front of the name; or with a Telnet sequence, which servers take out and may find one behind."""
_PLAIN_WORD = re.compile(rb"[!-~]+")


def refusal_of(policy: CommandPolicy, command: Command, name: str) -> str:
    """Return the reply to a command that the policy refuses; empty if it may go on. `name` is that of its row."""
    refusal = policy.refusals.get(name, "")
    if not refusal and name in JUDGES:
        return JUDGES[name](policy, command.argument)
    return refusal


def _site(policy: CommandPolicy, argument: bytes) -> str:
    word = (argument.split()[:1] or [b""])[0]
    if not _PLAIN_WORD.fullmatch(word):  # A server may make another word of it: Telnet sequences are taken out.
        return policy.site_others or (NOT_OFFERED if policy.site else "")
    return policy.site.get(word.upper().decode("ascii"), policy.site_others)


def _time(policy: CommandPolicy, argument: bytes) -> str:
    return READ_ONLY if policy.is_read_only and _SETS_TIME.match(argument) else ""


def _help(policy: CommandPolicy, argument: bytes) -> str:
    words = argument.upper().decode("ascii", "backslashreplace").split()
    return policy.refusals.get(VERBS.get(words[0], UNKNOWN).name, "") if words else ""


JUDGES: dict[str, Callable[[CommandPolicy, bytes], str]] = {"SITE": _site, "MDTM": _time, "HELP": _help}
"""Verbs whose argument decides too."""


def has_refused(talk: Conversation, policy: CommandPolicy, command: Command, name: str) -> bool:
    """Refuse a command if the policy says so; return whether it did. A transfer's port is given up with it."""
    reply = refusal_of(policy, command, name)
    if not reply:
        return False
    talk.emit(Note(CommandRefused(talk.plan.name, name, talk.caller.id, str(talk.caller.client), talk.user)))
    if VERBS.get(name, UNKNOWN).moves:
        talk.give_up_port()
    talk.say(reply)
    return True


def offers(policy: CommandPolicy | None, feature: str) -> bool:
    """Return whether a line of FEAT may be shown: it can be carried, and speaks of nothing that is refused."""
    if not is_carried(feature):
        return False
    return policy is None or not _is_refused_feature(policy, feature)


def _is_refused_feature(policy: CommandPolicy, feature: str) -> bool:
    word, _, argument = feature.upper().partition(" ")
    if word == "SITE":
        return bool(refusal_of(policy, Command("SITE", argument.encode(), b""), "SITE"))
    if word == "MLST":  # The one line speaks of both (RFC 3659, 7.8).
        return any(policy.refusals.get(verb) for verb in ("MLST", "MLSD"))
    return word not in NO_VERBS and bool(policy.refusals.get(VERBS.get(word, UNKNOWN).name))
