"""The session as a function, whatever happens in whatever order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftpair.core.ending import End, Leg
from ftpair.core.endpoint import Endpoint
from ftpair.core.facts import ProtocolError, SessionEnded, TransferEnded
from ftpair.core.plan import ServerTls
from ftpair.ftp.lines import LineSplitter
from ftpair.ftp.reply import Reply
from ftpair.session import effects, events
from ftpair.session.ongoing import Progress
from ftpair.session.session import Session
from ftpair.session.states import State
from ftpair.session.table import TABLE
from tests.transcripts.play import TLS, Stage, greeted, logged_in, plan, servers, started, tls_plan

LINES = (
    b"USER anna",
    b"PASS x",
    b"ACCT x",
    b"AUTH TLS",
    b"PBSZ 0",
    b"PROT P",
    b"PROT C",
    b"PASV",
    b"EPSV",
    b"RETR a",
    b"STOR a",
    b"LIST",
    b"ABOR",
    b"NOOP",
    b"FEAT",
    b"CLNT x",
    b"HOST x",
    b"QUIT",
    b"PORT 1,2,3,4,5,6",
    b"PORT 198,51,100,7,200,1",
    b"EPRT |1|198.51.100.7|51201|",
    b"EPSV ALL",
    b"a\0b",
    b"XFOO",
    b"",
)
REPLIES = (
    b"120 wait",
    b"150 go",
    b"200 ok",
    b"220 hi",
    b"226 done",
    b"227 (1,2,3,4,5,6)",
    b"229 (|||99|)",
    b"229 what",
    b"230 in",
    b"234 tls",
    b"331 pass",
    b"421 bye",
    b"426 cut",
    b"500 what",
    b"530 no",
)
EVENTS = st.one_of(
    st.sampled_from(LINES).map(events.ClientSent),
    st.sampled_from(REPLIES).map(lambda line: events.ServerReplied(Reply(int(line[:3]), line + b"\r\n"))),
    st.sampled_from(
        [
            events.Opened(),
            events.Chosen(servers()[0]),
            events.Chosen(servers(tls=ServerTls(mode="explicit"))[0]),
            events.ServerReady(),
            events.ServerSecured(TLS),
            events.ClientSecured(TLS),
            events.PortReady(1025),
            events.ServerPortReady(Endpoint("10.9.0.1", 30000)),
            events.DataEnded(End.ENDED, 5),
            events.DataEnded(End.CUT, 3, "reset", Leg.CLIENT),
            events.Ticked(),
        ]
    ),
    st.sampled_from(
        [
            events.NoServer("none", "none"),
            events.NoPort(),
            events.NoServerPort(),
            events.ClientNotSecured("x"),
            events.ClientNotSecured("x", injected=True),
            events.ServerLost("x"),
            events.ClientLost(End.CUT),
            events.ClientLost(End.ENDED),
            events.Dismissed("x"),
            events.ShuttingDown("x"),
            events.LineTooLong(Leg.CLIENT),
        ]
    ),
)
PLANS = st.sampled_from(
    [
        plan(),
        tls_plan(),
        tls_plan(clear_text="allow", data_protection="allow"),
        tls_plan(clear_text="drop", connect="at-once"),
        plan(connect="at-once"),
        plan(server_data="passive"),
        plan(server_data="active"),
    ]
)
HAPPY = (
    events.Opened(),
    events.ClientSent(b"USER anna"),
    events.Chosen(servers()[0]),
    events.ServerReady(),
    events.ServerReplied(Reply(220, b"220 hi\r\n")),
    events.ServerReplied(Reply(230, b"230 in\r\n")),
    events.ClientSent(b"PASV"),
    events.PortReady(1025),
    events.ServerReplied(Reply(227, b"227 (1,2,3,4,5,6)\r\n")),
    events.ClientSent(b"STOR a"),
    events.ServerReplied(Reply(150, b"150 go\r\n")),
)


def session_of(service) -> Session:
    return Session(service, "s", Endpoint("198.51.100.7", 4), Endpoint("192.0.2.10", 21), entrance="explicit", now=0.0)


def legal(before: State, event: events.Event) -> set[State]:
    """Where the table says that an event may lead; from READY queued commands lead further."""
    step = TABLE[before].get(type(event))
    targets = {before} | (set(step.leads_to) if step else set())
    if State.READY in targets:
        targets |= TABLE[State.READY][events.ClientSent].leads_to
    if State.AWAITING_REPLY in targets and before is State.HOLDING:
        targets |= {State.READY}
    return targets | ({State.ENDED} if isinstance(event, events.Ticked) else set())


@settings(max_examples=400)
@given(PLANS, st.integers(0, len(HAPPY)), st.lists(EVENTS, max_size=40), st.floats(0, 50))
def test_no_sequence_of_events_crashes_and_every_step_is_in_the_table(service, prelude, sequence, pause):
    session = session_of(service)
    now = 0.0
    done: list[effects.Effect] = []
    for event in [*HAPPY[:prelude], *sequence]:
        now += pause if isinstance(event, events.Ticked) else 0.0
        before, was_ended = session._talk.state, session.state == "ended"
        wanted = session.handle(event, now)
        assert not (was_ended and wanted)
        assert session._talk.state in legal(before, event), (before, event)
        assert session.deadline is None or session.deadline >= 0
        done += wanted
    ends = [effect for effect in done if isinstance(effect, effects.HangUpClient)]
    facts = [effect.fact for effect in done if isinstance(effect, effects.Note)]
    assert len(ends) == sum(isinstance(fact, SessionEnded) for fact in facts) == (session.state == "ended")
    assert not ends or done[-1] is ends[0]
    for fact in facts:
        if isinstance(fact, TransferEnded) and fact.result in ("cut", "aborted"):
            assert not fact.reply.startswith("2")


class World:
    """An honest server that answers one command after the other, and data connections that end or break."""

    def __init__(self) -> None:
        self.stage: Stage = logged_in()
        self.stage.to_client = self.stage.to_server = b""
        self.sent: list[str] = []
        self.is_joined = False
        self.was_cut = False
        self.started = ""
        self.answered = 0

    @property
    def outstanding(self) -> list[str]:
        return self.stage.to_server.decode().split("\r\n")[self.answered : -1]

    def act(self, action: tuple[str, str]) -> None:
        getattr(self, action[0])(action[1])
        for line in self.stage.done:
            if line.startswith("D< join"):
                self.is_joined = True
            elif line.startswith("D< drop"):
                self.is_joined = False
        self.stage.done.clear()

    def client(self, verb: str) -> None:
        line = verb if verb in ("ABOR", "PASV", EPRT) else f"{verb} {len(self.sent)}"
        self.sent.append(line)
        self.stage.client(line)

    def server(self, kind: str) -> None:
        if not self.outstanding:
            return
        line = self.outstanding[0]
        if line.split()[0] in ("RETR", "STOR") and self.started != line and kind == "good":
            self.started = line
            self.stage.server(f"150 {line}")
            return
        self.answered += 1
        if line == "PASV" and kind == "good":
            self.stage.server("227 (1,2,3,4,5,6)")
        else:
            self.stage.server(f"{226 if kind == 'good' else 451} {line}")

    def data(self, how: str) -> None:
        if self.is_joined:
            self.is_joined = False
            self.stage.server_data(how)


EPRT = "EPRT |1|198.51.100.7|51201|"
ACTIONS = st.one_of(
    st.tuples(
        st.just("client"), st.sampled_from(["SIZE", "NOOP", "PBSZ", "PORT", "ABOR", "PASV", EPRT, "RETR", "STOR"])
    ),
    st.tuples(st.just("server"), st.sampled_from(["good", "good", "good", "bad"])),
    st.tuples(st.just("data"), st.sampled_from(["end 5", "cut 3"])),
)


@settings(max_examples=400)
@given(st.lists(ACTIONS, max_size=60))
def test_s11_replies_keep_the_order_of_the_commands_and_a_2xx_is_never_a_lie(actions):
    world = World()
    for action in actions:
        world.act(action)
        assert len([line for line in world.outstanding if line != "ABOR"]) <= 1
    replies = world.stage.to_client.decode().split("\r\n")[:-1]
    finals = [reply for reply in replies if reply[0] != "1"]
    assert len(finals) <= len(world.sent)
    for number, reply in enumerate(finals):
        if reply[4:] in world.sent:
            assert reply[4:] == world.sent[number]
    complete = [fact for fact in world.stage.noted(TransferEnded) if fact.result == "complete"]
    assert all(fact.bytes == 5 for fact in complete)
    broken = [fact for fact in world.stage.noted(TransferEnded) if fact.result in ("cut", "aborted")]
    assert not any(fact.reply.startswith("2") for fact in broken)


@given(st.lists(st.sampled_from([line + b"\r\n" for line in LINES]), max_size=12), st.data())
def test_any_split_of_the_clients_bytes_gives_the_same_effects(lines, data):
    whole = b"".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    parts = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert spoken(parts) == spoken([whole])


def spoken(parts: list[bytes]) -> list[effects.Effect]:
    session, splitter = session_of(plan()), LineSplitter()
    done = session.handle(events.Opened(), 0.0)
    for part in parts:
        for line in splitter.feed(part):
            done += session.handle(events.ClientSent(line), 0.0)
    return done


def test_what_a_driver_shows_of_a_session():
    stage = logged_in()
    session = stage.session
    assert session.client == Endpoint("198.51.100.7", 40000)
    assert (session.state, session.since, session.is_open) == ("ready", 1000.0, True)
    assert (session.tls, session.server_tls, session.transfer) == (None, None, None)
    assert (session.transfers, session.bytes_up, session.bytes_down) == (0, 0, 0)
    assert not Stage().session.is_open


def test_without_a_driver_that_counts_a_dropped_transfer_moved_nothing():
    session = session_of(plan())
    done = [effect for event in HAPPY for effect in session.handle(event, 0.0)]
    done += session.handle(events.ClientLost(End.CUT), 1.0)
    (fact,) = [
        effect.fact for effect in done if isinstance(effect, effects.Note) and isinstance(effect.fact, TransferEnded)
    ]
    assert (fact.bytes, fact.result) == (0, "cut")


def test_a_session_that_a_bug_ends_tells_every_fact_that_was_not_told_yet():
    def buggy() -> Progress:
        raise ZeroDivisionError("a bug")

    stage = started()
    stage.session.ask_progress(buggy)
    with pytest.raises(ZeroDivisionError):
        stage.tell(events.LineTooLong(Leg.CLIENT))
    error, transfer, end = stage.session.fail(stage.now + 5)
    assert isinstance(error, ProtocolError)
    assert isinstance(transfer, TransferEnded)
    assert (transfer.result, transfer.reason, transfer.seconds) == ("cut", "internal error", 5.0)
    assert isinstance(end, SessionEnded)
    assert (end.ended, end.user, end.seconds, end.transfers) == ("internal error", "anna", 5.0, 1)
    assert stage.session.state == "ended"
    assert stage.session.deadline is None


def test_a_session_that_has_ended_fails_without_a_word():
    stage = started().play("""
        C> [cut]
        D< drop cut
        S< [cut]
        C< [cut]
    """)
    assert stage.session.fail(stage.now) == []


def test_what_the_client_names_with_host_is_known_before_a_server_is():
    stage = greeted()
    assert stage.session.host == ""
    stage.play("""
        C> HOST  ftp.example.org
        C< 220 Host accepted.
    """)
    assert stage.session.host == "ftp.example.org"
