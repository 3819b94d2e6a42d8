"""What a page hears from its stream."""

import json

from ftpair.core.actions import SessionTable

HOSTILE = "<img src=x onerror=alert(1)>\u202egpj.exe\x1b[2J"
"""A name that would run, that turns around and that clears a screen, if anything let it."""
SHOWN = "<img src=x onerror=alert(1)>\\u202egpj.exe\\x1b[2J"
ESCAPED = SHOWN.replace("<", "&lt;").replace(">", "&gt;")
"""How it stands in HTML."""


def told(client, page, count, event="rows"):
    """Return the first so many messages of this kind on a page's stream."""
    found, said = [], ""
    with client.stream("GET", f"/live/{page}", timeout=10) as stream:
        for line in stream.iter_lines():
            said = line.removeprefix("event: ") if line.startswith("event: ") else said
            if line.startswith("data: ") and said == event:
                found.append(json.loads(line.removeprefix("data: ")))
            if len(found) == count:
                return found
    raise AssertionError(f"the stream ended after {found}")


def following(*answers):
    """Answer with one after the other, then with the last again and again."""
    left = list(answers)
    return lambda _action: left.pop(0) if len(left) > 1 else left[0]


def tables(*of_sessions):
    """Answer with sessions alone."""
    return following(*(SessionTable(tuple(sessions), ()) for sessions in of_sessions))
