"""The attacks of known cases through the real ftpair: S1 to S5, S8 to S13 and S18 of the threat model."""

import contextlib
import random
import re
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.laboratory import new_server
from tests.interop.lab.memory import resident_bytes
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient, drain, reset
from tests.interop.lab.scripted_server import (
    Conversation,
    Script,
    ScriptedServer,
    passive_reply,
    server_context,
)
from tests.interop.lab.tap import Tap, is_tls_records

pytestmark = pytest.mark.interop
TAPPED_PORT = CONTROL_PORT + 1
QUIET = {"health": {"check": "off"}, "retries": 0}
SECRET = "correct horse"
ENDLESS = 1 << 30


def friendly(conversation: Conversation) -> None:
    """Accept everything."""
    conversation.say("220 scripted")
    conversation.answer_until("QUIT", {"USER": "331 password, please", "PASS": "230 in"})
    conversation.say("221 bye")


class Range:
    """One ftpair before two scripted servers (clear and explicit TLS) and two real ones."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.authority = authority
        self.script: Script = friendly
        self.clear, self.secured = ScriptedServer(self._run), ScriptedServer(self._run)
        self.identity = authority.issue("scripted", self.secured.address)
        self.real = new_server(folder, authority, "vsftpd", "clear")
        self.strict = new_server(folder, authority, "ProFTPD", "explicit")
        self.strict_tap = Tap((self.strict.address, TAPPED_PORT), (self.strict.address, CONTROL_PORT))
        pools = {
            "clear": entry(self.clear.address),
            "secured": entry(self.secured.address, "explicit", authority.ca),
            "real": entry(self.real.address),
            "strict": entry(self.strict.address, "explicit", authority.ca, TAPPED_PORT),
        }
        self.vips = {name: fresh_address() for name in pools}
        services = {name: service(self.vips[name], {"SVR": pool}, **QUIET) for name, pool in pools.items()}
        self.settings = settings(folder, authority, services)
        self.balancer: Balancer

    def client(self, name: str, port: int = CONTROL_PORT, version: str = "1.3") -> RawClient:
        """Return a client that has connected to a service."""
        return RawClient(self.vips[name], port, self.authority.ca, version)

    def play(self, script: Script) -> None:
        """Let both scripted servers follow this script from now on, and forget former conversations."""
        self.script = script
        self.clear.conversations.clear()
        self.secured.conversations.clear()

    def _run(self, conversation: Conversation) -> None:
        self.script(conversation)


@pytest.fixture(scope="module")
def field(lab_folder: Path, authority: Authority) -> Iterator[Range]:
    folder = lab_folder / "attacks"
    folder.mkdir()
    field = Range(folder, authority)
    with contextlib.ExitStack() as ends:
        for server in (field.clear, field.secured, field.strict_tap):
            ends.callback(server.close)
        for real in (field.real, field.strict):
            ends.callback(real.stop)
            real.start()
        field.balancer = ends.enter_context(running(folder, field.settings))
        yield field


def test_s1_bytes_that_follow_auth_in_clear_text_end_the_session(field: Range) -> None:
    field.play(friendly)
    with field.client("clear") as client:
        client.reply()
        client.send(b"AUTH TLS\r\nUSER evil\r\nPASS evil\r\n")
        said = client.read_to_end()
    assert re.fullmatch(rb"503[^\r\n]*\r\n", said), "a refusal, no 234, and nothing for the lines behind AUTH"
    assert field.clear.lines == []


def test_s1_a_command_smuggled_before_the_handshake_is_never_obeyed_under_tls(field: Range) -> None:
    field.play(friendly)
    with field.client("clear") as client:
        client.reply()
        client.send(b"AUTH TLS\r\nUSER evil\r\n")
        client.reply()
        with contextlib.suppress(OSError):
            client.secure()
            client.say("PASS evil")
            assert not client.reply().startswith("2")
    assert b"USER evil\r\n" not in field.clear.lines


def inject_after_234(conversation: Conversation) -> None:
    conversation.say("220 evil")
    conversation.answer_until("AUTH")
    conversation.sock.sendall(b"234 ok\r\n230 in\r\n")
    conversation.line()


def test_s2_bytes_that_follow_the_servers_234_are_an_error(field: Range) -> None:
    field.play(inject_after_234)
    with field.client("secured") as client:
        client.auth()
        replies = [client.ask("USER interop"), client.ask(f"PASS {SECRET}")]
    assert not any(reply.startswith("230") for reply in replies), replies
    assert not {"USER", "PASS"} & set(field.secured.verbs)


@pytest.mark.parametrize("refusal", ["500 what?", "502 no", "530 no", "421 no", "220 no"])
def test_s3_a_server_without_tls_gets_no_credentials(field: Range, refusal: str) -> None:
    def strip(conversation: Conversation) -> None:
        conversation.say("220 stripped")
        conversation.answer_until("NEVER", {"AUTH": refusal, "USER": "331 go on", "PASS": "230 in"})

    field.play(strip)
    with field.client("secured") as client:
        client.auth()
        assert client.ask("USER interop")[:1] in "45"
        assert not client.ask(f"PASS {SECRET}").startswith("2")
    assert set(field.secured.verbs) <= {"AUTH", "QUIT"}


def test_s3_a_client_without_tls_is_not_logged_in(field: Range) -> None:
    field.play(friendly)
    with field.client("clear") as client:
        client.reply()
        assert client.ask("USER interop").startswith("530")
        assert client.ask("NOOP").startswith("200"), "the connection lives, so that the client may say AUTH"
    assert field.clear.lines == []


def test_s4_security_commands_out_of_order_are_refused(field: Range) -> None:
    field.play(friendly)
    with field.client("clear") as client:
        client.auth()
        assert client.ask("AUTH TLS").startswith("503")
        assert client.ask("PROT P").startswith("503"), "PROT before PBSZ"
        client.log_in()
        assert client.ask("AUTH TLS").startswith("503")
        assert client.ask("CCC")[:3] in ("533", "534")
        assert client.ask("PBSZ 0").startswith("200"), "still under TLS"
        assert client.ask("PROT C").startswith("534"), "the service demands protection"
        assert client.ask("PROT E").startswith("536")
        assert client.ask("PROT X").startswith("504")


SECURITY_WORDS = (
    *("AUTH TLS", "AUTH SSL", "AUTH KERBEROS_V4", "AUTH"),
    *("PBSZ 0", "PBSZ 16384", "PBSZ x", "PBSZ", "PROT P", "PROT C", "PROT", "CCC"),
    *("ADAT x", "MIC x", "CONF x", "ENC x", "USER interop", f"PASS {SECRET}", "NOOP"),
)


@pytest.mark.parametrize("seed", range(8))
def test_s4_any_order_of_security_commands_gets_one_reply_each_and_stays_under_tls(field: Range, seed: int) -> None:
    field.play(friendly)
    chance = random.Random(seed)
    said = [chance.choice(SECURITY_WORDS) for _ in range(40)]
    with field.client("clear") as client:
        client.auth()
        for line in said:
            reply = client.ask(line)
            assert re.match(r"[2-5]\d\d ", reply), (line, reply)
        assert client.ask("QUIT").startswith("221"), said
    assert not {"AUTH", "PBSZ", "PROT", "CCC", "ADAT", "MIC", "CONF", "ENC"} & set(field.clear.verbs)


HTTP = (
    b"POST /evil-path HTTP/1.1\r\nHost: victim\r\nContent-Length: 40\r\n\r\n"
    b"USER interop\r\nPASS x\r\nRETR evil-content\r\n"
)


@pytest.mark.parametrize("stage", ["explicit", "implicit", "after AUTH"])
@pytest.mark.parametrize("verb", [b"POST", b"GET", b"PUT", b"HEAD", b"OPTIONS"])
def test_s5_http_is_hung_up_on_without_an_echo(field: Range, stage: str, verb: bytes) -> None:
    field.play(friendly)
    with field.client("clear", IMPLICIT_PORT if stage == "implicit" else CONTROL_PORT) as client:
        if stage == "implicit":
            client.secure()
        if stage == "after AUTH":
            client.auth()
        client.send(HTTP.replace(b"POST", verb))
        said = client.read_to_end()
    assert b"evil" not in said and b"victim" not in said
    assert said.count(b"\r\n") <= 2, "a greeting, a refusal, and nothing for the lines after it"
    assert field.clear.lines == []


@pytest.mark.parametrize("offered", [[], ["ftp"], ["h2", "ftp"]])
def test_s5_a_client_that_may_speak_ftp_is_served(field: Range, offered: list[str]) -> None:
    with field.client("clear", IMPLICIT_PORT) as client:
        if offered:
            client.context.set_alpn_protocols(offered)
        client.secure()
        assert isinstance(client.sock, ssl.SSLSocket)
        assert client.sock.selected_alpn_protocol() == ("ftp" if offered else None)
        assert client.reply().startswith("220")


@pytest.mark.parametrize("stage", ["explicit", "implicit"])
@pytest.mark.parametrize("offered", [["http/1.1"], ["h2", "http/1.1"]])
def test_s5_a_client_that_offers_web_protocols_alone_is_turned_away(
    field: Range, offered: list[str], stage: str
) -> None:
    with field.client("clear", IMPLICIT_PORT if stage == "implicit" else CONTROL_PORT) as client:
        client.context.set_alpn_protocols(offered)
        with contextlib.suppress(OSError):
            if stage == "explicit":
                client.auth()
            else:
                client.secure()
            client.send(HTTP)
        assert client.read_to_end() == b""


@pytest.mark.parametrize("passive", ["PASV", "EPSV"])
def test_s8_the_address_in_a_servers_passive_reply_is_ignored(field: Range, passive: str) -> None:
    arrived = threading.Event()

    def lure(conversation: Conversation) -> None:
        conversation.log_in()
        with conversation.listen() as listener:
            port = listener.getsockname()[1]
            foreign = {
                "PASV": passive_reply("169.254.169.254", port),
                "EPSV": f"229 Entering ({'|'}{'|'}{'|'}{port}{'|'})",
            }
            conversation.answer_until("RETR", foreign)
            data, _ = listener.accept()
            arrived.set()
            conversation.say("150 here it comes")
            data.sendall(b"the file")
            data.close()
            conversation.say("226 done")
            conversation.answer_until("QUIT")

    field.play(lure)
    with field.client("clear") as client:
        client.auth()
        client.log_in()
        reply = client.ask(passive)
        assert "169" not in reply
        port = _port_of(reply)
        data = client.connect_data((field.vips["clear"], port))
        assert client.ask("RETR x").startswith("150")
        with client.secure_data(data) as secured:
            assert drain(secured) == (8, True)
        assert client.reply().startswith("226")
    assert arrived.is_set(), "the connection went to the control peer's address"


def _port_of(reply: str) -> int:
    if found := re.search(r"\(\|\|\|(\d+)\|\)", reply):
        return int(found[1])
    numbers = re.search(r"\((?:\d+,){4}(\d+),(\d+)\)", reply)
    assert numbers, reply
    return int(numbers[1]) * 256 + int(numbers[2])


SMUGGLED: list[tuple[bytes, list[bytes]]] = [
    (b"SITE one\rDELE two", []),
    (b"SITE one\nDELE two", [b"SITE one\r\n", b"DELE two\r\n"]),
    (b"SITE one\n\rDELE two", [b"SITE one\r\n"]),
    (b"SITE one\x00DELE two", []),
    (b"SITE one\r\x00DELE two", []),
    (b"SITE \xff\xf4\xff\xf2DELE two", [b"SITE \xff\xf4\xff\xf2DELE two\r\n"]),
    (b"SITE one\r\r\nDELE two", [b"SITE one\r\n", b"DELE two\r\n"]),
    (b"\xff\xf4\xff\xf2SITE one", [b"SITE one\r\n"]),
    (b"SITE one\x85DELE two", [b"SITE one\x85DELE two\r\n"]),
    (b"SITE \xe2\x80\xa8DELE two", [b"SITE \xe2\x80\xa8DELE two\r\n"]),
]
"""What a client sends, and what reaches the server for it: a bare LF ends a line, a CR or NUL inside is refused."""


@pytest.mark.parametrize(("line", "forwarded"), SMUGGLED)
def test_s9_one_line_in_is_exactly_one_line_out(field: Range, line: bytes, forwarded: list[bytes]) -> None:
    field.play(friendly)
    replies = 0
    with field.client("clear") as client:
        client.auth()
        client.log_in()
        client.send(line + b"\r\nSTAT end\r\n")
        while "STAT" not in client.reply():
            replies += 1
        client.ask("QUIT")
    assert field.clear.verbs[:3] == ["USER", "PASS", "TYPE"]
    assert field.clear.lines[3:] == [*forwarded, b"STAT end\r\n", b"QUIT\r\n"]
    assert replies == len(line.split(b"\n")), "each line of the client has one reply"


def _worker_bytes(field: Range) -> int:
    return max(resident_bytes(pid) for pid in field.balancer.worker_pids())


def test_s10_an_endless_line_of_a_client_is_cut_off_with_flat_memory(field: Range) -> None:
    field.play(friendly)
    before = _worker_bytes(field)
    sent = 0
    with field.client("clear") as client:
        client.auth()
        with contextlib.suppress(OSError):
            while sent < ENDLESS:
                client.send(b"A" * 65536)
                sent += 65536
        peak = _worker_bytes(field)
    assert sent < ENDLESS, "the connection was closed long before"
    assert peak - before < 8 << 20


def test_s10_an_endless_greeting_of_a_server_is_cut_off_with_flat_memory(field: Range) -> None:
    sent = [0]

    def drown(conversation: Conversation) -> None:
        while sent[0] < ENDLESS:
            conversation.sock.sendall(b"220-" + b"B" * 1020 + b"\r\n")
            sent[0] += 1026

    field.play(drown)
    before = _worker_bytes(field)
    with field.client("clear") as client:
        client.auth()
        assert client.ask("USER interop").startswith("4")
        peak = _worker_bytes(field)
    assert 0 < sent[0] < ENDLESS
    assert peak - before < 8 << 20


def test_s10_an_endless_reply_line_of_a_server_is_cut_off(field: Range) -> None:
    sent = [0]

    def drown(conversation: Conversation) -> None:
        conversation.log_in()
        conversation.answer_until("STAT")
        while sent[0] < ENDLESS:
            conversation.sock.sendall(b"2" * 65536)
            sent[0] += 65536

    field.play(drown)
    with field.client("clear") as client:
        client.auth()
        client.log_in()
        assert client.ask("STAT")[:1] in ("", "4")
    assert 0 < sent[0] < ENDLESS


def test_s11_pipelined_commands_stay_in_order_with_one_outstanding_at_the_server(field: Range) -> None:
    impatient: list[str] = []

    def answer_slowly(conversation: Conversation) -> None:
        conversation.log_in()
        while line := conversation.line():
            if conversation.has_more(0.005):
                impatient.append(line)
            conversation.say(
                f"226 {line}"
                if line.startswith("ABOR")
                else f"500 {line}"
                if line.startswith("STOR")
                else f"200 {line}"
            )

    field.play(answer_slowly)
    commands = [("NOOP", "STAT {}", "ABOR", "STOR f{}", "SITE {}")[number % 5].format(number) for number in range(100)]
    with field.client("clear") as client:
        client.auth()
        client.log_in()
        client.send("".join(f"{command}\r\n" for command in commands).encode())
        replies = [client.reply() for _ in commands]
        assert client.ask("STAT last").startswith("200 STAT last"), "not one reply too many"
    assert impatient == []
    for command, reply in zip(commands, replies, strict=True):
        assert command in reply or command.split()[0] in ("NOOP", "ABOR", "STOR"), (command, reply)


def cut_download(conversation: Conversation, context: ssl.SSLContext | None, clean: bool) -> None:
    """Send half a file and break the data connection off, then claim that all is well."""
    conversation.say("220 evil")
    if context:
        conversation.answer_until("AUTH")
        conversation.say("234 go")
        conversation.secure(context)
    conversation.answer_until("PASS", {"USER": "331 go on"})
    conversation.say("230 in")
    with conversation.listen() as listener:
        conversation.answer_until("RETR", {"EPSV": f"229 Entering (|||{listener.getsockname()[1]}|)"})
        data, _ = listener.accept()
    conversation.say("150 here it comes")
    if context:
        data = context.wrap_socket(data, server_side=True)
    data.sendall(b"x" * 100_000)
    if clean:
        if context:
            data = data.unwrap()
        data.close()
    elif context:
        data.close()
    else:
        reset(data)
    conversation.say("226 done")
    conversation.answer_until("QUIT")


def take(client: RawClient, command: str) -> tuple[int, bool]:
    """Begin a download and read it to its end; a reset during the handshake is an end that is not in order."""
    try:
        with client.begin(command) as data:
            return drain(data)
    except ConnectionError:
        return 0, False


@pytest.mark.parametrize("leg", ["secured", "clear"])
@pytest.mark.parametrize("clean", [True, False], ids=["whole", "cut"])
def test_s12_a_download_that_the_server_cuts_is_never_complete(field: Range, leg: str, clean: bool) -> None:
    context = server_context(str(field.identity.certificate), str(field.identity.key)) if leg == "secured" else None
    field.play(lambda conversation: cut_download(conversation, context, clean))
    with field.client(leg) as client:
        client.auth()
        client.log_in()
        taken, ended = take(client, "RETR x")
        reply = client.reply()
    assert ended is clean
    assert reply.startswith("226") is clean, reply
    if clean:
        assert taken == 100_000
    else:
        assert reply.startswith("4"), reply


def die_after_half(conversation: Conversation) -> None:
    """Send half a file and die as a process does: FIN on the data, a moment later on the control connection."""
    conversation.say("220 frail")
    conversation.answer_until("PASS", {"USER": "331 go on"})
    conversation.say("230 in")
    with conversation.listen() as listener:
        conversation.answer_until("RETR", {"EPSV": f"229 Entering (|||{listener.getsockname()[1]}|)"})
        data, _ = listener.accept()
    conversation.say("150 here it comes")
    data.sendall(b"x" * 100_000)
    data.close()
    time.sleep(0.1)


def test_s12_a_server_that_dies_behind_a_clean_fin_leaves_no_whole_file(field: Range) -> None:
    field.play(die_after_half)
    with field.client("clear") as client:
        client.auth()
        client.log_in()
        _, ended = take(client, "RETR x")
        assert client.reply().startswith("426")
    assert not ended, "FIN alone never means that a file is whole: the final reply decides"


@pytest.mark.parametrize("ending", ["close_notify", "FIN", "reset"])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_s12_an_upload_that_the_client_cuts_is_never_complete(field: Range, ending: str, version: str) -> None:
    field.real.clear()
    user, password = field.real.user, field.real.password
    with field.client("real", version=version) as client:
        client.auth()
        client.log_in(user, password)
        data = client.begin("STOR files/cut.bin")
        assert isinstance(data, ssl.SSLSocket)
        data.sendall(b"x" * 300_000)
        if ending == "close_notify":
            data.unwrap().close()
        elif ending == "FIN":
            data.close()
        else:
            reset(data)
        reply = client.reply()
        assert client.ask("NOOP").startswith("200"), "the session goes on"
    file = field.real.take("cut.bin")
    if ending == "close_notify":
        assert reply.startswith("226")
        assert file.stat().st_size == 300_000
    else:
        assert reply.startswith("4"), reply
        # This vsftpd deletes an upload that it saw fail: it was told of the cut.
        assert not file.exists()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_s13_every_byte_after_auth_is_a_tls_record(field: Range, version: str) -> None:
    server, vip = field.strict, field.vips["strict"]
    server.put("s13.bin", files.fill("s13", 100_000))
    with contextlib.ExitStack() as taps:
        control = taps.enter_context(Tap((vip, 0), (vip, CONTROL_PORT)))
        with RawClient(*control.endpoint, field.authority.ca, version) as client:
            client.auth()
            client.log_in(server.user, server.password)
            data = taps.enter_context(Tap(("127.0.0.1", 0), client.passive()))
            sock = client.connect_data(data.endpoint)
            client.ask("RETR files/s13.bin")
            with client.secure_data(sock) as secured:
                assert drain(secured) == (100_000, True)
            assert client.reply().startswith("226")
            assert client.ask("FOO").startswith("5")
            assert client.ask("QUIT").startswith("221")
            client.read_to_end()
    for tap in (control, field.strict_tap):
        up, down = (bytes(each) for each in (tap.connections[-1].up, tap.connections[-1].down))
        assert up.startswith(b"AUTH TLS\r\n")
        assert is_tls_records(up.removeprefix(b"AUTH TLS\r\n"))
        assert is_tls_records(down.partition(b"234 ")[2].partition(b"\r\n")[2])
    assert len(data.connections[0].down) > 100_000
    assert is_tls_records(bytes(data.connections[0].down))
    assert is_tls_records(bytes(data.connections[0].up))


BREAKERS = [
    "<script>alert(1)</script>",
    "\x1b[2J\x1b]0;owned\x07",
    "x" * 4096,
    "\u202egnp.exe",
    "a\tb\x08\x7f",
    "${jndi:x}",
    "%s%n",
]


@pytest.mark.parametrize("user", BREAKERS)
def test_s18_names_are_escaped_and_secrets_masked_in_log_and_terminal(field: Range, user: str) -> None:
    field.play(friendly)
    password = f"hidden-{random.Random(user).random()}"
    mark = field.balancer.mark()
    with field.client("clear") as client:
        client.auth()
        client.send(f"USER {user}\r\nPASS {password}\r\nACCT {password}\r\n".encode())
        for _ in range(3):
            client.reply()
        shown = _terminal(field.balancer, "sessions")
        client.ask("QUIT")
    field.balancer.await_records("session ended", 1, mark)
    log = field.balancer.log()
    for text in (log, shown):
        assert password not in text
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert field.balancer.records("session ended")


def _terminal(balancer: Balancer, command: str) -> str:
    line = [sys.executable, "-m", "ftpair.cli.main", command, "--socket", str(balancer.socket)]
    return subprocess.run(line, capture_output=True, text=True, check=True, timeout=30).stdout
