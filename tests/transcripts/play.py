"""Plays the script of a conversation against a real `Session`, with a tiny deterministic driver.

What happens, in order, one line each:

    C> line          the client sends a line             S> reply         the server sends a line of a reply
                                                         S> a + b         ... and another one in the same read
    C> [cut]         the client's connection is cut      S> [lost why]    the server's connection is lost
                                                         S> [closed]      the server closes it in order
    C> [ended]       it is closed                        S> [TLS fails]   instead of the next handshake's success
    C> [TLS fails]   instead of the next success         C> [injected]    clear text stood behind AUTH
    C~ end 5         both data legs end well, 5 bytes    S~ cut, C~ cut   a data leg breaks
    T> 30            30 seconds pass                     O> kick why      the operator ends the session
    O> stop why      the process is shutting down        C> [endless]     a line too long; S> [endless] too
    C> [half a line] a line is not finished in time      O> halt why      the operator halts the server
    O> drain         the server is drained               O> online        it is no more

What the session wants done, all of it:

    C< line  C< [TLS]  C< [ended]  C< [cut]
    S< [dial A]  S< line  S< [TLS]  S< [ended]  S< [cut]
    D< expect [tls]  D< aim source host:port  D< listen  D< dial host:port
    D< join down [client-tls] [server-tls]  D< drop ended|cut|server

A line may end with `...`, which stands for anything. The driver answers for the balancer, the network and OpenSSL.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from ftpair.core.ending import End, Leg
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.facts import Fact, Tls
from ftpair.core.plan import Certificate, ClientTls, Entrance, ServerPlan, ServerTls, ServicePlan
from ftpair.ftp.replies import ReplyReader
from ftpair.session import effects, events
from ftpair.session.ongoing import Progress
from ftpair.session.session import Session

CERTIFICATE = Certificate("test", b"", b"", 0.0)
TLS = Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", resumed=False)
F = TypeVar("F", bound=Fact)


def servers(count: int = 1, tls: ServerTls | None = None) -> tuple[ServerPlan, ...]:
    """Servers A, B, C, D at 10.0.0.1, .2, .3, .4."""
    return tuple(
        ServerPlan(slot, "VIP", "ABCD"[slot], Endpoint(f"10.0.0.{slot + 1}", 21), tls=tls or ServerTls())
        for slot in range(count)
    )


def plan(**changes: Any) -> ServicePlan:
    """A service in clear text with one server; `changes` are fields of the plan."""
    given: dict[str, Any] = {"servers": servers()} | changes
    return ServicePlan("VIP", "192.0.2.10", PortRange(1025, 1052), **given)


def tls_plan(clear_text="refuse", data_protection="require", **changes: Any) -> ServicePlan:
    """A service with a certificate."""
    tls = ClientTls(CERTIFICATE, clear_text=clear_text, data_protection=data_protection)
    return plan(**{"tls": tls} | changes)


def secured_by(clear_text="refuse", data_protection="require", **keys: Any) -> ClientTls:
    """TLS of a service; `keys` are fields of it."""
    return ClientTls(CERTIFICATE, clear_text=clear_text, data_protection=data_protection, **keys)


class Vault:
    """Keeps the words of a login as they are."""

    def __init__(self) -> None:
        self._lines: dict[str, bytes] = {}

    def keep(self, verb: str, line: bytes) -> None:
        self._lines[verb] = line

    def lines(self) -> tuple[bytes, ...]:
        return tuple(self._lines.values())

    def forget(self) -> None:
        self._lines.clear()


class Stage:
    """A session and everything around it that is not under test."""

    def __init__(
        self,
        service: ServicePlan | None = None,
        entrance: Entrance = "explicit",
        client: str = "198.51.100.7",
        local: str = "192.0.2.10",
    ) -> None:
        self.plan = service or plan()
        self.now = 1000.0
        self.session = Session(
            self.plan, "s1", Endpoint(client, 40000), Endpoint(local, 21), entrance=entrance, now=self.now
        )
        self.ports = iter(range(1025, 1_000_000))
        self.unreachable: set[str] = set()
        self.route: dict[str, str] = {}
        """The names of the servers that a user may be given; any, if the user is not in it."""
        self.progress = Progress()
        self.session.ask_progress(lambda: self.progress)
        self.vault = Vault()
        self.session.ask_vault(self.vault)
        self.facts: list[Fact] = []
        self.ratings: list[tuple[int, str, str]] = []
        """What the session said of its servers: slot, kind of error or aspect, and the reason of an error."""
        self.done: list[str] = []
        self.client_fails = self.server_fails = ""
        self.tls = TLS
        """What the client's handshake agrees on."""
        self.has_ports = True
        self.no_port = events.NoPort()
        """Why there is none."""
        self.door = Endpoint("10.9.0.1", 30000)
        """Our own address towards the server, where it may connect to."""
        self._replies = ReplyReader()
        self.to_server = b""
        self.to_client = b""

    def open(self) -> "Stage":
        """Let the client arrive; on the implicit port over TLS."""
        tls = TLS if self.session._talk.caller.entrance == "implicit" else None
        self.tell(events.Opened(tls))
        return self

    def tell(self, event: events.Event) -> None:
        """Give the session an event and perform what it wants."""
        wanted = self.session.handle(event, self.now)
        answers = [PERFORM[type(effect)](self, effect) for effect in wanted]
        for answer in filter(None, answers):
            self.tell(answer)

    def play(self, script: str) -> "Stage":
        """Play a script; every effect must be in it, in order."""
        for line in filter(None, map(str.strip, script.splitlines())):
            who, _, what = line.partition(" ")
            if who[1:] == "<":
                self._expect(line)
            else:
                assert not self.done, f"before {line!r} the session did {self.done}"
                getattr(self, SPEAKERS[who])(what)
        assert not self.done, f"at the end the session did {self.done}"
        return self

    def _expect(self, line: str) -> None:
        assert self.done, f"expected {line!r}, but nothing was done"
        done = self.done.pop(0)
        if line.endswith("..."):
            assert done.startswith(line[:-3]), f"expected {line!r}, got {done!r}"
        else:
            assert done == line, f"expected {line!r}, got {done!r}"

    def noted(self, kind: type[F]) -> list[F]:
        """Facts of one kind."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    # What happens.

    def client(self, what: str) -> None:
        """C>."""
        special: dict[str, Callable[[], None]] = {
            "[cut]": lambda: self.tell(events.ClientLost(End.CUT)),
            "[ended]": lambda: self.tell(events.ClientLost(End.ENDED)),
            "[endless]": lambda: self.tell(events.LineTooLong(Leg.CLIENT)),
            "[half a line]": lambda: self.tell(events.LineUnfinished()),
            "[TLS fails]": lambda: setattr(self, "client_fails", "fails"),
            "[injected]": lambda: setattr(self, "client_fails", "injected"),
        }
        special.get(what, lambda: self.tell(events.ClientSent(what.encode())))()

    def server(self, what: str) -> None:
        """S>."""
        if what.startswith("[lost"):
            self.tell(events.ServerLost(what[6:-1]))
        elif what == "[closed]":
            self.tell(events.ServerLost("it closed", End.ENDED))
        elif what == "[endless]":
            self.tell(events.LineTooLong(Leg.SERVER))
        elif what == "[TLS fails]":
            self.server_fails = "handshake failed"
        else:
            replies = self._replies.feed(what.replace(" + ", "\r\n").encode() + b"\r\n")
            for further, reply in zip(reversed(range(len(replies))), replies, strict=True):
                self.tell(events.ServerReplied(reply, has_more=further > 0))

    def client_data(self, what: str) -> None:
        """C~."""
        self._data(what, Leg.CLIENT)

    def server_data(self, what: str) -> None:
        """S~."""
        self._data(what, Leg.SERVER)

    def _data(self, what: str, culprit: Leg) -> None:
        how, _, size = what.partition(" ")
        moved = int(size or 0)
        if how == "end":
            self.tell(events.DataEnded(End.ENDED, moved, client_tls=TLS))
        else:
            reason = f"the {culprit.value}'s data connection was reset"
            self.tell(events.DataEnded(End.CUT, moved, reason, culprit))

    def time(self, what: str) -> None:
        """T>."""
        self.now += float(what)
        self.tell(events.Ticked())

    def operator(self, what: str) -> None:
        """O>."""
        how, _, why = what.partition(" ")
        told = {
            "kick": events.Dismissed(why),
            "stop": events.ShuttingDown(why),
            "halt": events.ServerHalted(why),
            "drain": events.Draining(),
            "online": events.DrainLifted(),
        }
        self.tell(told[how])

    # What is done.

    def show(self, text: str) -> None:
        self.done.append(text)

    def show_lines(self, who: str, data: bytes) -> None:
        assert data.endswith(b"\r\n"), data
        self.done.extend(f"{who} {line.decode(errors='backslashreplace')}" for line in data[:-2].split(b"\r\n"))

    def do_to_client(self, effect: effects.ToClient) -> None:
        self.to_client += effect.data
        self.show_lines("C<", effect.data)

    def do_to_server(self, effect: effects.ToServer) -> None:
        self.to_server += effect.data
        self.show_lines("S<", effect.data)

    def do_secure_client(self, effect: effects.SecureClient) -> events.Event:
        self.show("C< [TLS]")
        if self.client_fails:
            return events.ClientNotSecured(self.client_fails, injected=self.client_fails == "injected")
        return events.ClientSecured(self.tls)

    def do_clear_client(self, effect: effects.ClearClient) -> events.Event:
        self.to_client += effect.last
        self.show_lines("C<", effect.last)
        self.show("C< [clear]")
        return events.ClientNotSecured(self.client_fails) if self.client_fails else events.ClientCleared()

    def do_choose(self, effect: effects.Choose) -> events.Event:
        for server in self.plan.servers:
            if server.slot not in effect.tried and server.name in self.route.get(effect.user, server.name):
                return events.Chosen(server)
        return events.NoServer("all 3 servers are down", "No real server is up.")

    def do_dial(self, effect: effects.Dial) -> events.Event:
        self.show(f"S< [dial {effect.server.name}]")
        self._replies = ReplyReader()
        if effect.server.name in self.unreachable:
            return events.ServerLost("connection refused")
        return events.ServerReady(TLS if effect.server.tls.mode == "implicit" else None)

    def do_secure_server(self, effect: effects.SecureServer) -> events.Event:
        self.show("S< [TLS]")
        if self.server_fails:
            reason, self.server_fails = self.server_fails, ""
            return events.ServerLost(reason)
        return events.ServerSecured(TLS)

    def do_expect(self, effect: effects.Expect) -> events.Event:
        self.show("D< expect tls" if effect.tls else "D< expect")
        return events.PortReady(next(self.ports)) if self.has_ports else self.no_port

    def do_listen(self, effect: effects.Listen) -> events.Event:
        self.show("D< listen")
        return events.ServerPortReady(self.door) if self.has_ports else events.NoServerPort()

    def do_join(self, effect: effects.Join) -> None:
        words = [effect.direction, "client-tls" * effect.client_tls, "server-tls" * effect.server_tls]
        self.show(f"D< join {' '.join(filter(None, words))}")


PERFORM: dict[type[effects.Effect], Callable[[Stage, Any], events.Event | None]] = {
    effects.ToClient: Stage.do_to_client,
    effects.ToServer: Stage.do_to_server,
    effects.SecureClient: Stage.do_secure_client,
    effects.ClearClient: Stage.do_clear_client,
    effects.Choose: Stage.do_choose,
    effects.Dial: Stage.do_dial,
    effects.SecureServer: Stage.do_secure_server,
    effects.Expect: Stage.do_expect,
    effects.Join: Stage.do_join,
    effects.Aim: lambda stage, effect: stage.show(f"D< aim {effect.source} {effect.host}:{effect.port}"),
    effects.Listen: Stage.do_listen,
    effects.DialData: lambda stage, effect: stage.show(f"D< dial {effect.host}:{effect.port}"),
    effects.DropServerLeg: lambda stage, effect: stage.show("D< drop server"),
    effects.DropData: lambda stage, effect: stage.show(f"D< drop {effect.end.value}"),
    effects.HangUpServer: lambda stage, effect: stage.show(f"S< [{effect.end.value}]"),
    effects.HangUpClient: lambda stage, effect: stage.show(f"C< [{effect.end.value}]"),
    effects.Blame: lambda stage, effect: stage.ratings.append((effect.slot, effect.kind, effect.reason)),
    effects.Credit: lambda stage, effect: stage.ratings.append((effect.slot, effect.aspect, "")),
    effects.Note: lambda stage, effect: stage.facts.append(effect.fact),
}

SPEAKERS = {
    "C>": "client",
    "S>": "server",
    "C~": "client_data",
    "S~": "server_data",
    "T>": "time",
    "O>": "operator",
}

LOGIN = """
    C> USER anna
    S< [dial A]
    S> 220 Welcome.
    S< USER anna
    S> 331 Password please.
    C< 331 Password please.
    C> PASS secret
    S< PASS secret
    S> 230 Logged in.
    C< 230 Logged in.
"""

SECURE = """
    C> AUTH TLS
    C< 234 Start TLS.
    C< [TLS]
    C> PBSZ 0
    C< 200 PBSZ=0
    C> PROT P
    C< 200 Data connections are protected now.
"""


def greeted(service: ServicePlan | None = None, **around: Any) -> Stage:
    """A client that has read ftpair's greeting."""
    return Stage(service, **around).open().play("C< 220 FTP service ready.")


def logged_in(service: ServicePlan | None = None, **around: Any) -> Stage:
    """A client that has logged in in clear text."""
    return greeted(service, **around).play(LOGIN)


def play(script: str, service: ServicePlan | None = None) -> Stage:
    """Play a script with a client that has logged in in clear text."""
    return logged_in(service).play(script)


def passive(stage: Stage, port: int = 1025) -> Stage:
    """Let the client say PASV and the server answer it."""
    return stage.play(f"""
        C> PASV
        D< expect
        S< PASV
        S> 227 Entering Passive Mode (10,0,0,1,4,210).
        C< 227 Entering Passive Mode (192,0,2,10,{port >> 8},{port & 255}).
        D< dial 10.0.0.1:1234
    """)


def started(command: str = "RETR a.bin", service: ServicePlan | None = None) -> Stage:
    """A logged-in client whose transfer moves data."""
    direction = "up" if command.split(maxsplit=1)[0] in {"STOR", "APPE", "STOU"} else "down"
    return passive(logged_in(service)).play(f"""
        C> {command}
        S< {command}
        S> 150 Here it comes.
        C< 150 Here it comes.
        D< join {direction}
    """)
