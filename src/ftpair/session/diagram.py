"""Draws the table of states as a page of the documentation; nothing in it is written by hand."""

from ftpair.session.draining import GRACE_S
from ftpair.session.events import Event
from ftpair.session.states import ABORT_GRACE_S, CLOCKS, CUT_WAIT_S, FIXED_CLOCKS, WAITS_FOR, State
from ftpair.session.table import ALWAYS, TABLE

HEAD = f"""# The states of a session

Drawn from `ftpair.session.table` by `ftpair.session.diagram`. A session waits in exactly one of these states,
and a test compares this page with the table. Commands that arrive in any other state than `ready` wait in a queue.

From every state `ClientLost`, `ServerLost`, `LineTooLong`, `Dismissed`, `Draining`, `ShuttingDown`, an expired clock
and a `421` of the server lead to `ended`; those arrows are not drawn. A shutdown waits for a running transfer,
a drain for that and for the reply to a command, {GRACE_S:g} s at most.
The clock of a cut or aborted transfer is {CUT_WAIT_S:g} s,
and {ABORT_GRACE_S:g} s that of a second reply to ABOR after a 2xx.
"""


def render() -> str:
    """Return the whole page, Markdown with a Mermaid diagram."""
    return "\n".join([HEAD, _states(), _diagram()])


def _states() -> str:
    rows = [f"| {state.value} | {WAITS_FOR[state]} | {_clock(state)} |" for state in State]
    return "\n".join(["| state | waits for | clock |", "|---|---|---|", *rows, ""])


def _clock(state: State) -> str:
    if state in CLOCKS:
        return f"`{CLOCKS[state]}`"
    return f"{FIXED_CLOCKS[state]:g} s" if state in FIXED_CLOCKS else ""


def _diagram() -> str:
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    {state.name}: {state.value}" for state in State]
    lines.append(f"    [*] --> {State.OPENING.name}")
    for state in State:
        lines += _arrows(state)
    lines += [f"    {State.ENDED.name} --> [*]", "```", ""]
    return "\n".join(lines)


def _arrows(state: State) -> list[str]:
    causes: dict[State, list[str]] = {}
    for event, step in TABLE[state].items():
        for target in step.leads_to:
            if _is_drawn(event, target):
                causes.setdefault(target, []).append(event.__name__)
    targets = sorted(causes, key=list(State).index)
    return [f"    {state.name} --> {target.name}: {', '.join(causes[target])}" for target in targets]


def _is_drawn(event: type[Event], target: State) -> bool:
    return target is not State.ENDED or (event not in ALWAYS and event.__name__ != "Ticked")
