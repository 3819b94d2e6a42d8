"""Whether two servers have the same file: what is asked before a download, and what the answers say (RFC 3659)."""

import re

from ftpair.ftp.reply import Reply
from ftpair.session.conversation import Conversation
from ftpair.session.ongoing import Transfer

_SIZE = re.compile(rb"213 +(\d{1,20})\s*")
_TIME = re.compile(rb"213 +(\d{14}(?:\.\d{1,9})?)\s*")
_BEGIN = re.compile(rb"(?i:REST) \d{1,20}")
"""What may stand before a download that goes on: not RANG, and no REST that a server might read in its own way."""
_SECONDS = 14


def questions(talk: Conversation, transfer: Transfer, *, is_owed: bool) -> list[bytes]:
    """Return what is asked before the command goes to the first server: of the file, where a download could go on.

    REST is said again behind them: it must be the last command before its transfer (RFC 3659, 5.3). `is_owed` says
    that this server was not told yet.
    """
    known = _same_file(talk, transfer)
    return [*known, *_said_again(transfer)] if known or is_owed else []


def questions_elsewhere(talk: Conversation, transfer: Transfer) -> list[bytes]:
    """Return the same for another server: from the byte that the client has, or anew if it has none."""
    if transfer.came:
        rest = [] if transfer.is_whole else [b"REST %d\r\n" % (transfer.offset + transfer.came)]
        return [*_same_file(talk, transfer), *rest]
    transfer.size, transfer.modified = None, b""
    return [*_same_file(talk, transfer), *_said_again(transfer)]


def _same_file(talk: Conversation, transfer: Transfer) -> list[bytes]:
    memory = talk.memory
    if memory is None or talk.plan.rescue != "transfers" or transfer.verb != "RETR" or not transfer.argument:
        return []
    if transfer.is_astray or not memory.is_binary or not all(map(_BEGIN.fullmatch, transfer.pending)):
        return []
    return [verb + transfer.argument + b"\r\n" for verb in (b"SIZE ", b"MDTM ")]


def _said_again(transfer: Transfer) -> list[bytes]:
    return [line + b"\r\n" for line in transfer.pending]


def judge(transfer: Transfer, reply: Reply) -> str:
    """Take the answer to the first question; return why the download cannot go on with this file, or nothing."""
    verb = transfer.questions.pop(0)[:4]
    if verb == b"SIZE":
        return _judge_size(transfer, _SIZE.fullmatch(reply.raw))
    if verb == b"MDTM":
        return _judge_time(transfer, _TIME.fullmatch(reply.raw))
    return f"REST is answered with {reply.code}" if reply.code >= 400 else ""


def _judge_size(transfer: Transfer, found: re.Match[bytes] | None) -> str:
    size = int(found[1]) if found else None
    if not transfer.came:
        transfer.size = size
        return ""
    return "" if size == transfer.size else "the file has another size there"


def _judge_time(transfer: Transfer, found: re.Match[bytes] | None) -> str:
    modified = found[1] if found else b""
    if not transfer.came:
        transfer.modified = modified
        return ""
    return "" if _is_same(modified, transfer.modified) else "the file has another time there"


def _is_same(one: bytes, other: bytes) -> bool:
    """Compare what both servers tell: some tell fractions of a second, others do not."""
    return one == other or (len(one) != len(other) and one[:_SECONDS] == other[:_SECONDS])
