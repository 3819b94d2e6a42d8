"""A session among peers who do what a string of bytes says, and what must hold whatever they do.

Every byte is one decision, so hypothesis can shrink a conversation and atheris can steer it. Most decisions are what a
peer would do in that state, some are anything at all. The server knows no manners but one: it answers commands in
order. Each command of the client carries a number (`RETR n7`), which the reply of the server repeats, so a reply that
answers another command is seen at once.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ftpair.core.ending import End, Leg
from ftpair.core.endpoint import Endpoint
from ftpair.core.facts import SessionEnded, Tls, TransferEnded
from ftpair.core.plan import Certificate, ClientTls, ServerTls, ServicePlan
from ftpair.core.policy import CommandPolicy
from ftpair.ftp.command import printable
from ftpair.ftp.reply import Reply
from ftpair.session import effects, events
from ftpair.session.ongoing import Progress
from ftpair.session.session import MOST_QUEUED_LINES, Session
from ftpair.session.states import State
from ftpair.session.strays import LATE_CODES
from ftpair.session.table import TABLE
from tests.transcripts.play import Vault, plan, servers

TLS = Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", resumed=False)
SECRET = "hidden"
MOST_KEPT_LINES = 8
"""HOST, CLNT and what OPTS names: lines kept for the server that is not there yet."""


def _secured(**changes: Any) -> ClientTls:
    return ClientTls(Certificate("fuzz", b"", b"", 0.0), **changes)


EXPLICIT, MATCH = (servers(2, ServerTls(mode=mode)) for mode in ("explicit", "match"))
PLANS: tuple[ServicePlan, ...] = (
    plan(),
    plan(servers=servers(3), connect="at-once"),
    plan(server_data="passive", tls=_secured(clear_text="allow", data_protection="allow", ccc="allow")),
    plan(server_data="active", servers=EXPLICIT, tls=_secured(data_protection="refuse")),
    plan(servers=EXPLICIT, tls=_secured()),
    plan(servers=MATCH, tls=_secured(clear_text="allow", data_protection="allow", auth_ssl="refuse")),
    plan(servers=servers(3), rescue="sessions", tls=_secured(clear_text="allow", data_protection="allow")),
    plan(servers=servers(3), rescue="transfers", server_data="active", tls=_secured(clear_text="allow")),
    plan(servers=servers(3), rescue="transfers"),
    plan(tls=_secured(clear_text="drop"), commands=CommandPolicy({"DELE": "550 Read only."}, {"CHMOD": ""}, "500 No.")),
)
LINES = (
    *("USER anna", f"PASS {SECRET}#", "PASV", "RETR #", "STOR #", "ABOR", "EPSV", "LIST", "SIZE #"),
    *("NOOP", "AUTH TLS", "PBSZ 0", "PROT P", "PROT C", "PORT 198,51,100,7,200,10", "EPRT |1|198.51.100.7|5001|"),
    *("APPE #", "NLST #", "MLSD #", "STOU", "REST 5", "TYPE I", "CWD #", "PWD", "SITE #", "SITE CHMOD #", "XFOO #"),
    *("USER #", f"ACCT {SECRET}#", "HOST h#", "CLNT c#", "OPTS UTF8 ON", "OPTS MLST size;", "OPTS #", "FEAT", "HELP"),
    *(
        "SYST",
        "STAT",
        "STAT #",
        "EPSV ALL",
        "EPSV 1",
        "EPSV 2",
        "EPSV 7",
        "P@SW",
        "AUTH SSL",
        "AUTH X",
        "CCC",
        "PROT E",
    ),
    *(
        "DELE #",
        "RNFR #",
        "MDTM #",
        "MODE Z",
        "REIN",
        "LPRT 1",
        "PORT 1,2,3,4,5,6",
        "EPRT x",
        "PORT",
        "MIC x",
        "LANG #",
    ),
    *("", " ", "a", "RETR #\0x", "RETR #\rx", "RETR #\x1b[2J", "\u00ff#", "x" * 600, "QUIT", "GET / HTTP/1.1"),
)
"""What a client says; `#` becomes the number of the line. The first are the most likely."""
EVERYDAY_LINES = 16
BURSTS: tuple[tuple[str, ...], ...] = (
    ("PASV", "RETR #"),
    ("EPSV", "STOR #"),
    ("PASV", "LIST", "ABOR"),
    ("PORT 198,51,100,7,200,10", "STOR #", "NOOP"),
    ("ABOR",),
    ("EPSV", "RETR #", "SIZE #", "ABOR", "NOOP"),
)
"""What clients send in one breath."""

CODES = (150, 226, 200, 230, 331, 227, 229, 550, 125, 120, 220, 234, 221, 250, 350, 332, 202, 225)
ALL_CODES = (*CODES, 421, 425, 426, 450, 451, 500, 502, 503, 504, 522, 530, 534, 631)
PASSIVE_TEXTS = ("(10,0,0,1,4,210)", "10,0,0,1,4,210", "(|||1234|)", "(!!!99!)", "(1,2,3)", "(|||0|)", "(|||99999|)")
PLAUSIBLE: dict[State, tuple[int, ...]] = {
    State.AWAITING_GREETING: (220, 120, 421),
    State.AWAITING_AUTH: (234, 500),
    State.REPLAYING: (200, 502),
    State.AWAITING_REPLY: (200, 331, 230, 250, 550, 530, 226),
    State.PROTECTING: (200, 534),
    State.AWAITING_PASSIVE: (227, 229, 500),
    State.AWAITING_ACTIVE: (200, 522, 500),
    State.AWAITING_START: (150, 125, 550, 226),
    State.TRANSFERRING: (226, 426, 150),
    State.AWAITING_FINAL: (226, 451),
    State.CUTTING: (226, 426),
    State.ABORTING: (426, 226, 150),
    State.SETTLING: (226, 225, 500),
    State.QUITTING: (221,),
    State.LOGGING_IN_AGAIN: (331, 230, 230, 530),
    State.RESTORING: (200, 250, 350, 257, 550),
    State.EXAMINING: (213, 213, 350, 550),
}
"""What a server says in a state; TLS mode, queue and clock do the rest."""

GOOD = {b"USER": 331, b"PASS": 230, b"PASV": 227, b"EPSV": 229}
"""What a server says when all goes well, where the state alone does not tell."""
SECURITY, LOGIN = ("AUTH TLS", "PBSZ 0", "PROT P"), ("USER #", f"PASS {SECRET}#")
PRELUDES: tuple[tuple[str, ...], ...] = (
    (),
    LOGIN,
    (*SECURITY, *LOGIN),
    *(
        (*first, *LOGIN, asked, moved)
        for first in ((), SECURITY)
        for asked in ("PASV", "EPSV")
        for moved in ("RETR #", "STOR #")
    ),
    *((*LOGIN, "TYPE I", "CWD #", "PASV", "RETR #") for _ in range(3)),
    (*LOGIN, "TYPE I", "REST 5", "EPSV", "RETR #"),
    (*SECURITY, *LOGIN, "PORT 198,51,100,7,200,10", "STOR #"),
    (*SECURITY, *LOGIN, "EPRT |2|2001:db8::7|5001|", "LIST"),
    (*SECURITY, *LOGIN, "PASV", "STOR #", "ABOR", "CCC"),
)
"""How a conversation begins, so that most get beyond the login."""

MAY_GIVE_226 = re.compile(rb"(?i)RETR|STOR|APPE|STOU|LIST|NLST|MLSD|ABOR")
ASKING = frozenset(PLAUSIBLE) - {State.AWAITING_GREETING, State.TRANSFERRING, State.SETTLING}
"""States in which a server owes an answer."""

NUMBER = re.compile(rb"\bn(\d+)\b")


class Bytes:
    """Decisions, one byte each; none are left in the end."""

    def __init__(self, data: bytes) -> None:
        self._left = iter(data)
        self.is_empty = False

    def next(self) -> int:
        """Return the next decision, 0 when there is none."""
        for byte in self._left:
            return byte
        self.is_empty = True
        return 0

    def one_of(self, choices: Any) -> Any:
        """Return one of a few things."""
        return choices[self.next() % len(choices)]


@dataclass
class FuzzedGuard:
    """Lets most pass."""

    source: Bytes

    def _refusal(self) -> str:
        return "Too many." if self.source.next() > 245 else ""

    def may_secure(self) -> str:
        return self._refusal()

    def may_ask(self, _user: str) -> str:
        return self._refusal()

    def may_try(self, _user: str) -> str:
        return self._refusal()

    def begins_try(self, _user: str) -> bool:
        return self.source.next() < 200

    def end_try(self) -> None:
        pass

    def may_stay(self, _user: str) -> str:
        return self._refusal()

    def delay_s(self, _user: str) -> float:
        return float(self.source.next() % 3)


@dataclass
class Moving:
    """The transfer that data move for, as the data plane knows it."""

    line: int
    """The number of its command."""
    was_cut: bool = False


@dataclass
class Talk:
    """The conversation and its referee. `play` raises AssertionError as soon as something does not hold."""

    source: Bytes
    count: int = 0
    sent: int = 0
    """Lines of the client."""
    answered: int = 0
    """Final replies that it got, the greeting included."""
    aborts: set[int] = field(default_factory=set)
    """Which of them say ABOR: a server may answer it before the transfer, and both replies change places then."""
    outstanding: deque[bytes] = field(default_factory=deque)
    """Lines that the server has not answered yet."""
    has_server: bool = False
    is_joined: bool = False
    is_over: bool = False
    has_lied: bool = False
    """Whether the server gave replies that nobody asked for: what they answer is anybody's guess."""
    moving: Moving | None = None
    cut_lines: set[int] = field(default_factory=set)
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.plan = self.source.one_of(PLANS)
        host = self.source.one_of(("192.0.2.10", "192.0.2.10", "2001:db8::10"))
        client = "2001:db8::7" if ":" in host else "198.51.100.7"
        self.session = Session(
            self.plan, "s", Endpoint(client, 40000), Endpoint(host, 21), entrance="explicit", now=self.now
        )
        self.session.ask_progress(lambda: Progress(3))
        self.session.ask_vault(Vault())
        self.session.ask_guard(FuzzedGuard(self.source))
        self.session.ask_features(lambda: self.source.one_of((None, ("UTF8",), ("MLST size*;", "REST STREAM"))))

    def play(self) -> int:
        """Play until the bytes are used up or the session is over, and a little longer; return the number of events."""
        self.tell(events.Opened())
        for line in self.source.one_of(PRELUDES):
            self._go_well(line)
        while not self.source.is_empty and not self.is_over:
            for event in self._what_happens():
                self.tell(event)
        for event in (events.Ticked(), events.ClientSent(b"NOOP"), events.ClientLost(End.CUT)):
            if self.is_over:
                self.tell(event)
        return self.count

    # What happens.

    def _go_well(self, line: str) -> None:
        """Let everybody do his best until the client may speak, then say a line."""
        for _ in range(12):
            state = self.session._talk.state
            answers = [kind for kind in ANSWERS if kind in TABLE[state]]
            if state in (State.READY, State.ENDED):
                break
            if answers and state is not State.TRANSFERRING:
                self.tell(ANSWERS[answers[0]](self))
            elif self.has_server:
                verb = self.outstanding[0][:4] if self.outstanding else b""
                self.tell(events.ServerReplied(self._reply(GOOD.get(verb) or PLAUSIBLE.get(state, CODES)[0])))
        if not self.is_over:
            self.tell(events.ClientSent(line.replace("#", f"n{self.sent + 1}").encode()))

    def _what_happens(self) -> Iterator[events.Event]:
        """Choose: mostly what the state waits for, else the client, else anything that the state knows."""
        choice = self.source.next()
        known = TABLE[self.session._talk.state]
        answers = [kind for kind in ANSWERS if kind in known]
        if choice < 96 and answers:
            yield ANSWERS[self.source.one_of(answers)](self)
        elif (choice < 160 and self._is_server_asked()) or (self.has_server and choice > 253):
            yield from self._server_speaks()
        elif choice < 251:
            yield from self._client_speaks()
        else:
            kind = self.source.one_of(tuple(DISTURBANCES))
            yield DISTURBANCES[kind](self)

    def _is_server_asked(self) -> bool:
        return self.has_server and (
            bool(self.outstanding) or self.session._talk.state in (State.AWAITING_GREETING, State.SETTLING)
        )

    def _client_speaks(self) -> Iterator[events.Event]:
        kind = self.source.next()
        lines = BURSTS[kind % len(BURSTS)] if kind < 100 else (self._a_line() for _ in range(1 + kind % 4))
        for line in lines:
            if self.session.is_full or self.session._talk.has_client_ended:  # A driver stops reading.
                return
            yield events.ClientSent(line.replace("#", f"n{self.sent + 1}").encode("latin-1"))

    def _a_line(self) -> str:
        kind = self.source.next()
        lines = LINES[:EVERYDAY_LINES] if kind < 150 else LINES
        return lines[kind % len(lines)]

    def _server_speaks(self) -> Iterator[events.Event]:
        state = self.session._talk.state
        choice = self.source.next()
        codes = PLAUSIBLE.get(state, CODES) if choice < 200 else ALL_CODES
        yield events.ServerReplied(self._reply(codes[choice % len(codes)]), has_more=False)

    def _reply(self, code: int) -> Reply:
        line = self.outstanding[0] if self.outstanding else b""
        if not line and self.session._talk.state not in (State.AWAITING_GREETING, State.SETTLING):
            self.has_lied = True
        if code in LATE_CODES and not MAY_GIVE_226.match(line):
            self.has_lied = True
        if code >= 200 and self.outstanding:
            self.outstanding.popleft()
        number = NUMBER.search(line)
        text = self.source.one_of(PASSIVE_TEXTS) if code in (227, 229) else "words"
        tail = f" for n{number[1].decode()} " if number else ""
        whole = f"{code} {text}{tail}\r\n"
        if code == 213:
            whole = "213 20261130120000\r\n" if line.startswith(b"MDTM") else "213 5\r\n"
        if self.source.next() > 240:
            whole = f"{code}-first\r\n200 inner n1\r\n{whole}"
        return Reply(code, whole.encode())

    # What must hold.

    def tell(self, event: events.Event) -> None:
        """Give the session an event and look at everything that it wants."""
        self.count += 1
        if isinstance(event, events.Ticked):
            self.now = max(self.now, self.session.deadline or self.now)
        if isinstance(event, events.DataEnded):
            self._data_end(event)
        if isinstance(event, events.ClientSent) or event in UNREADABLE:
            self.sent += 1
            if isinstance(event, events.ClientSent) and event.line == b"ABOR":
                self.aborts.add(self.sent)
        before = self.session._talk.state
        is_known = type(event) in TABLE[before]
        wanted = self.session.handle(event, self.now)
        assert not (self.is_over and wanted), f"after its end the session wants {wanted}"
        assert is_known or not wanted or isinstance(event, events.ServerReplied | events.Ticked), (
            f"{type(event).__name__} means nothing while {before.value}, yet {wanted}"
        )
        for effect in wanted:
            assert not self.is_over, f"{effect} comes after HangUpClient"
            CHECKS.get(type(effect), Talk._anything)(self, effect)
        self._state_holds()

    def _anything(self, effect: effects.Effect) -> None:
        """Nothing to look at."""

    def _state_holds(self) -> None:
        talk = self.session._talk
        assert self.is_over == (talk.state is State.ENDED)
        assert not talk.effects
        assert len(talk.queue) < MOST_QUEUED_LINES + 8, "the queue grows"
        assert len(talk.to_replay) <= MOST_KEPT_LINES, f"kept lines grow: {talk.to_replay}"
        assert len(talk.tried) <= self.plan.retries + 1
        assert len(talk.pairing.refused) <= 4 * len(self.plan.servers)
        assert self.session.deadline is None or self.session.deadline >= 0
        assert self.is_joined or talk.state not in (State.TRANSFERRING, State.HOLDING), "it waits for data of nobody"
        assert self.outstanding or self.has_lied or talk.state not in ASKING, (
            f"{talk.state.value}, and nothing was asked"
        )
        if talk.state is State.READY and not talk.parting:
            assert not talk.queue, "a command waits though nothing runs"
            assert self.answered == self.sent + 1, f"{self.sent} commands, {self.answered - 1} final replies"
            assert talk.transfer is None
            assert not self.is_joined, "the data connection runs on"

    def _data_end(self, event: events.DataEnded) -> None:
        self.is_joined = False
        if self.moving is not None and event.end is End.CUT:
            self.cut_lines.add(self.moving.line)

    def _to_client(self, effect: effects.ToClient) -> None:
        assert effect.data.endswith(b"\n"), effect
        assert SECRET.encode() not in effect.data
        lines = effect.data.splitlines(keepends=True)
        final = lines[-1]
        assert re.match(rb"[1-6]\d\d[ \r\n]", final), f"no reply: {effect.data!r}"
        if final[:1] == b"1":
            return
        number, self.answered = self.answered, self.answered + 1
        named = NUMBER.search(final)
        if final[:3] == b"421":
            return
        assert number <= self.sent, f"{final!r} answers nothing: {self.sent} commands so far"
        fitting = {number, number - 1} if number in self.aborts else {number}
        assert self.has_lied or named is None or int(named[1]) in fitting, f"{final!r} is given as reply {number}"
        assert number not in self.cut_lines or final[:1] != b"2", f"{final!r} says that a cut transfer is complete"

    def _clear(self, effect: effects.ClearClient) -> None:
        self._to_client(effects.ToClient(effect.last))

    def _to_server(self, effect: effects.ToServer) -> None:
        assert self.has_server, f"{effect} goes to nobody"
        assert re.fullmatch(rb"[^\r\n\0]+\r\n", effect.data), f"not exactly one line: {effect.data!r}"
        waiting = [line for line in self.outstanding if not line.upper().startswith(b"ABOR")]
        is_overtaking = effect.data.strip().upper() == b"ABOR"
        assert not waiting or is_overtaking or self.has_lied, f"{effect.data!r} while {waiting} is not answered"
        self.outstanding.append(effect.data)

    def _dial(self, _effect: effects.Dial) -> None:
        assert not self.has_server, "a second server while the first is there"
        self.has_server = True
        self.outstanding.clear()

    def _hang_up_server(self, _effect: effects.HangUpServer) -> None:
        self.has_server = False
        self.outstanding.clear()

    def _join(self, effect: effects.Join) -> None:
        assert not self.is_joined, "two joins"
        transfer = self.session._talk.transfer
        if self.session._talk.state in (State.TRANSFERRING, State.HOLDING):
            assert transfer is not None
        self.is_joined = True
        self.cut_lines.discard(self.answered)  # A download that goes on at another server.
        self.moving = Moving(self.answered)

    def _drop(self, effect: effects.DropData) -> None:
        if self.is_joined and self.moving is not None:
            self.cut_lines.add(self.moving.line)
        self.is_joined = False

    def _drop_server_leg(self, _effect: effects.DropServerLeg) -> None:
        self.is_joined = False

    def _note(self, effect: effects.Note) -> None:
        fact = effect.fact
        assert SECRET not in repr(fact), fact
        if isinstance(fact, TransferEnded):
            assert fact.result == "complete" or not fact.reply.startswith("2"), fact
            assert fact.result != "complete" or fact.bytes in (0, 5), fact
            assert fact.path == printable(fact.path.encode(), 4096) or "\\" in fact.path, fact
        if isinstance(fact, SessionEnded):
            assert not self.has_server or fact.server
            assert not self.is_joined, "the session ends while data move"

    def _over(self, _effect: effects.HangUpClient) -> None:
        assert not self.has_server, "the server is left behind"
        assert not self.is_joined, "the data connection is left behind"
        self.is_over = True


CHECKS: dict[type[effects.Effect], Callable[[Talk, Any], None]] = {
    effects.ToClient: Talk._to_client,
    effects.ClearClient: Talk._clear,
    effects.ToServer: Talk._to_server,
    effects.Dial: Talk._dial,
    effects.HangUpServer: Talk._hang_up_server,
    effects.Join: Talk._join,
    effects.DropData: Talk._drop,
    effects.DropServerLeg: Talk._drop_server_leg,
    effects.Note: Talk._note,
    effects.HangUpClient: Talk._over,
}


def _chosen(talk: Talk) -> events.Event:
    free = [server for server in talk.plan.servers if server.slot not in talk.session._talk.tried]
    if not free or talk.source.next() > 240:
        return events.NoServer("no server", "No real server is up.")
    return events.Chosen(talk.source.one_of(free))


def _ready(talk: Talk) -> events.Event:
    if talk.source.next() > 220:
        return events.ServerLost("connection refused")
    server = talk.session.server
    return events.ServerReady(TLS if server and server.tls.mode == "implicit" else None)


def _secured_client(talk: Talk) -> events.Event:
    choice = talk.source.next()
    if choice > 240:
        return events.ClientNotSecured("injected", injected=True)
    return events.ClientNotSecured("handshake failed") if choice > 230 else events.ClientSecured(TLS)


def _ended_data(talk: Talk) -> events.Event:
    if not talk.is_joined:
        return events.Ticked()
    if talk.source.next() < 150:
        return events.DataEnded(End.ENDED, 5)
    moved, culprit = talk.source.one_of((0, 3)), talk.source.one_of((*Leg, None))
    return events.DataEnded(End.CUT, moved, "reset", culprit, clock=None if culprit else "stall-timeout")


ANSWERS: dict[type[events.Event], Callable[[Talk], events.Event]] = {
    events.Chosen: _chosen,
    events.ServerReady: _ready,
    events.ClientSecured: _secured_client,
    events.ClientCleared: lambda talk: events.ClientCleared(),
    events.ServerSecured: lambda talk: events.ServerSecured(TLS),
    events.PortReady: lambda talk: talk.source.one_of(
        (events.PortReady(1025), events.PortReady(1026), events.NoPort())
    ),
    events.ServerPortReady: lambda talk: talk.source.one_of(
        (events.ServerPortReady(Endpoint("10.9.0.1", 30000)), events.NoServerPort())
    ),
    events.DataEnded: _ended_data,
}
"""What the data plane says to what the session asked for, in the states that wait for it."""

DISTURBANCES: dict[type[events.Event], Callable[[Talk], events.Event]] = {
    events.Ticked: lambda talk: events.Ticked(),
    events.ServerLost: lambda talk: events.ServerLost("reset") if talk.has_server else events.Ticked(),
    events.Draining: lambda talk: events.Draining(),
    events.DrainLifted: lambda talk: events.DrainLifted(),
    events.ShuttingDown: lambda talk: events.ShuttingDown("shutting down"),
    events.Dismissed: lambda talk: events.Dismissed("kicked"),
    events.ServerHalted: lambda talk: events.ServerHalted("halted") if talk.has_server else events.Ticked(),
    events.ClientLost: lambda talk: events.ClientLost(talk.source.one_of((End.ENDED, End.CUT))),
    events.LineTooLong: lambda talk: events.LineTooLong(
        Leg.SERVER if talk.has_server and talk.source.next() % 2 else Leg.CLIENT
    ),
    events.LineUnfinished: lambda talk: events.LineUnfinished(),
    events.HeaderSent: lambda talk: events.HeaderSent(),
}
"""What may happen at any moment."""

UNREADABLE = (events.LineTooLong(Leg.CLIENT), events.ClientNotSecured("injected", injected=True))
"""Bytes of the client that are answered though they are no line."""

MADE = {events.Opened, events.ClientSent, events.ServerReplied, *ANSWERS, *DISTURBANCES} | {
    events.NoServer,
    events.NoPort,
    events.NoServerPort,
    events.ClientNotSecured,
}
"""Every event that the model makes."""


def play(data: bytes) -> int:
    """Play one conversation; return how many events it had. Raises AssertionError."""
    return Talk(Bytes(data)).play()
