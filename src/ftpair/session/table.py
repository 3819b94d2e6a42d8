"""The session as a table: in which state which event is taken by whom, and where that leads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ftpair.session import (
    aborting,
    asking,
    commands,
    continuing,
    draining,
    endings,
    guarding,
    login,
    owing,
    passive,
    rescuing,
    security,
    transfer,
)
from ftpair.session.conversation import Conversation
from ftpair.session.events import (
    Chosen,
    ClientCleared,
    ClientLost,
    ClientNotSecured,
    ClientSecured,
    ClientSent,
    DataEnded,
    Dismissed,
    Draining,
    DrainLifted,
    Event,
    HeaderSent,
    LineTooLong,
    LineUnfinished,
    NoPort,
    NoServer,
    NoServerPort,
    Opened,
    PortReady,
    ServerHalted,
    ServerLost,
    ServerPortReady,
    ServerReady,
    ServerReplied,
    ServerSecured,
    ShuttingDown,
    Ticked,
)
from ftpair.session.states import State

Handler = Callable[[Conversation, Any], None]


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes an event, and the states that it may lead to; none means that the state stays."""

    handler: Handler
    leads_to: frozenset[State]


def _to(handler: Handler, *states: State) -> Step:
    return Step(handler, frozenset(states))


def _take(talk: Conversation, event: ClientSent) -> None:
    commands.take(talk, event.line)


READY, ENDED, CHOOSING = State.READY, State.ENDED, State.CHOOSING

RESTING = (READY, ENDED)
ASKED = (State.AWAITING_PASSIVE, State.TAKING_SERVER_PORT)
TAKEN = (
    ENDED,
    CHOOSING,
    State.SECURING_CLIENT,
    State.CLEARING_CLIENT,
    State.AWAITING_REPLY,
    State.AWAITING_TURN,
    State.TAKING_PORT,
    *ASKED,
    State.EXAMINING,
    State.AWAITING_START,
    State.QUITTING,
)
ATTACHED = (State.REPLAYING, State.AWAITING_REPLY, State.LOGGING_IN_AGAIN, READY)
NEXT_SERVER = (CHOOSING, ENDED)
RESTORED = (READY, ENDED, State.AWAITING_REPLY, State.EXAMINING, State.AWAITING_START, State.ABORTING)
"""Where a rescue leads to in the end: what the client is owed goes on."""
ABORTED = (State.ABORTING, State.CUTTING)

ALWAYS: dict[type[Event], Step] = {
    ClientSent: _to(endings.on_queued),
    ClientLost: _to(endings.on_client_lost, ENDED),
    HeaderSent: _to(endings.on_header_sent, ENDED),
    LineTooLong: _to(endings.on_line_too_long, ENDED),
    LineUnfinished: _to(endings.on_line_unfinished, ENDED),
    ServerLost: _to(endings.on_server_lost, ENDED),
    ServerReplied: _to(endings.on_stray_reply, ENDED),
    Dismissed: _to(endings.on_dismissed, ENDED),
    ServerHalted: _to(owing.on_halted, ENDED, CHOOSING),
    Draining: _to(draining.on_draining, ENDED, CHOOSING),
    DrainLifted: _to(draining.on_drain_lifted),
    ShuttingDown: _to(endings.on_shutting_down, ENDED),
}
"""What every living state does unless its own row says otherwise; a 421 of the server ends every attached state."""

SERVER_FAILS: dict[type[Event], Step] = {
    ServerLost: _to(login.on_server_lost, *NEXT_SERVER),
    Ticked: _to(login.on_slow_server, *NEXT_SERVER),
}
RESCUE_FAILS: dict[type[Event], Step] = {
    ServerLost: _to(owing.or_else(endings.on_server_lost), *NEXT_SERVER),
    Ticked: _to(owing.or_else(endings.on_silent_server), *NEXT_SERVER),
}
SERVER_IS_SILENT: dict[type[Event], Step] = {Ticked: _to(endings.on_silent_server, ENDED)}
IN_TRANSFER: dict[type[Event], Step] = {
    ClientSent: _to(aborting.on_sent_in_transfer, *ABORTED),
    ServerLost: _to(transfer.on_server_lost, ENDED),
    Ticked: _to(transfer.on_silent_server, ENDED),
}

ROWS: dict[State, dict[type[Event], Step]] = {
    State.OPENING: {Opened: _to(login.on_opened, READY, CHOOSING)},
    READY: {
        ClientSent: _to(_take, *TAKEN),
        Ticked: _to(endings.on_idle, ENDED),
    },
    State.SECURING_CLIENT: {
        ClientSecured: _to(security.on_secured, READY),
        ClientNotSecured: _to(security.on_not_secured, ENDED),
        ClientSent: _to(security.on_sent_in_handshake, ENDED),
    },
    State.CLEARING_CLIENT: {
        ClientCleared: _to(security.on_cleared, READY),
        ClientNotSecured: _to(security.on_not_secured, ENDED),
    },
    CHOOSING: {
        Chosen: _to(login.on_chosen, State.DIALING, State.AWAITING_REPLY),
        NoServer: _to(login.on_no_server, ENDED),
    },
    State.DIALING: SERVER_FAILS | {ServerReady: _to(login.on_server_ready, State.AWAITING_GREETING)},
    State.AWAITING_GREETING: SERVER_FAILS
    | {ServerReplied: _to(login.on_greeting, State.AWAITING_AUTH, *ATTACHED, *NEXT_SERVER)},
    State.AWAITING_AUTH: SERVER_FAILS | {ServerReplied: _to(login.on_auth_reply, State.SECURING_SERVER, *NEXT_SERVER)},
    State.SECURING_SERVER: SERVER_FAILS
    | {
        ServerSecured: _to(login.on_server_secured, *ATTACHED),
        ServerReplied: _to(login.on_reply_in_handshake, *NEXT_SERVER),
    },
    State.REPLAYING: SERVER_FAILS | {ServerReplied: _to(login.on_replay_reply, *ATTACHED, *NEXT_SERVER)},
    State.AWAITING_REPLY: SERVER_IS_SILENT
    | {ServerReplied: _to(endings.on_reply, State.DELAYING, State.PROTECTING, *RESTING)},
    State.AWAITING_TURN: {
        Ticked: _to(login.on_turn, State.AWAITING_REPLY, State.AWAITING_TURN, *RESTING),
    },
    State.DELAYING: {
        ServerReplied: _to(guarding.on_reply_in_delay),
        ServerLost: _to(guarding.on_server_lost),
        Ticked: _to(guarding.on_delayed, *RESTING),
    },
    State.PROTECTING: SERVER_IS_SILENT | {ServerReplied: _to(login.on_chore_reply, *RESTING)},
    State.TAKING_PORT: {
        PortReady: _to(passive.on_port_ready, *ASKED),
        NoPort: _to(passive.on_no_port, READY),
    },
    State.TAKING_SERVER_PORT: {
        ServerPortReady: _to(asking.on_server_port_ready, State.AWAITING_ACTIVE),
        NoServerPort: _to(asking.on_no_server_port, READY),
    },
    State.AWAITING_PASSIVE: SERVER_IS_SILENT | {ServerReplied: _to(asking.on_passive_reply, *RESTORED)},
    State.AWAITING_ACTIVE: SERVER_IS_SILENT | {ServerReplied: _to(asking.on_active_reply, *RESTORED)},
    State.EXAMINING: IN_TRANSFER
    | {
        ClientSent: _to(endings.on_queued),
        ServerReplied: _to(continuing.on_answer, State.AWAITING_START, State.ABORTING, State.CUTTING, *RESTING),
    },
    State.AWAITING_START: IN_TRANSFER
    | {ServerReplied: _to(continuing.on_start, State.TRANSFERRING, State.HOLDING, *RESTING)},
    State.TRANSFERRING: IN_TRANSFER
    | {
        DataEnded: _to(transfer.on_data_ended, State.AWAITING_FINAL, State.CUTTING),
        ServerReplied: _to(transfer.on_reply_in_transfer, State.HOLDING, *RESTING),
    },
    State.HOLDING: IN_TRANSFER
    | {
        ClientSent: _to(aborting.on_sent_in_transfer, State.AWAITING_REPLY, *RESTING),
        DataEnded: _to(continuing.on_data_ended_last, CHOOSING, *RESTING),
        ServerReplied: _to(endings.on_stray_reply, ENDED),
    },
    State.AWAITING_FINAL: IN_TRANSFER
    | {
        ClientSent: _to(aborting.on_sent_in_transfer, State.ABORTING),
        ServerReplied: _to(continuing.on_final_reply, CHOOSING, *RESTING),
    },
    State.CUTTING: IN_TRANSFER
    | {
        ClientSent: _to(aborting.on_sent_in_transfer, State.ABORTING),
        ServerReplied: _to(continuing.on_final_reply, CHOOSING, *RESTING),
    },
    State.ABORTING: IN_TRANSFER
    | {
        ClientSent: _to(endings.on_queued),
        ServerReplied: _to(aborting.on_transfer_reply, State.SETTLING, State.AWAITING_REPLY),
    },
    State.SETTLING: {
        ServerReplied: _to(aborting.on_abort_reply, *RESTING),
        Ticked: _to(aborting.on_settled, *RESTING),
    },
    State.QUITTING: {
        ServerReplied: _to(endings.on_goodbye, ENDED),
        ServerLost: _to(endings.on_no_goodbye, ENDED),
        Ticked: _to(endings.on_no_goodbye, ENDED),
    },
    State.LOGGING_IN_AGAIN: RESCUE_FAILS
    | {ServerReplied: _to(rescuing.on_login_reply, State.RESTORING, *ASKED, *RESTORED)},
    State.RESTORING: RESCUE_FAILS | {ServerReplied: _to(rescuing.on_step_reply, *ASKED, *RESTORED)},
}


def _with_rescue(state: State, row: dict[type[Event], Step]) -> dict[type[Event], Step]:
    """Let a session be rescued before a lost server, or one that does not answer, ends it."""
    kinds: list[type[Event]] = [ServerLost] if state in owing.OWED else []
    if kinds and state not in {READY, State.SETTLING}:  # There it is the client who is waited for, or nobody.
        kinds.append(Ticked)
    return row | {kind: Step(owing.or_else(row[kind].handler), row[kind].leads_to | {CHOOSING}) for kind in kinds}


TABLE: Mapping[State, Mapping[type[Event], Step]] = {
    **{state: _with_rescue(state, ALWAYS | row) for state, row in ROWS.items()},
    ENDED: {},
}
"""Every state, and for each the events that mean something in it; any other is late and means nothing."""

HANDLERS: dict[State, dict[type[Event], Handler]] = {
    state: {event: step.handler for event, step in row.items()} for state, row in TABLE.items()
}
