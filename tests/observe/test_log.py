"""The log: one line per fact, whole, harmless, at its level; in JSON and for people."""

import json
import logging
import select
import time
from pathlib import Path

import msgspec
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftpair.core.facts import CertificateNames, Overloaded, Refusal, Tls, TransferEnded
from ftpair.core.status import Admin
from ftpair.observe import log
from tests.observe.examples import LEVELS, session, transfer


@pytest.fixture
def logged(capfd):
    """Set the log up, do something, return the lines that it wrote to standard error."""

    def run(act, shape="json", level="info"):
        log.configure(shape, level)
        capfd.readouterr()
        act()
        return capfd.readouterr().err

    return run


def json_of(text):
    (line,) = text.splitlines()
    return json.loads(line)


def test_a_session_is_one_line_with_all_that_is_known_of_it(logged):
    line = json_of(logged(lambda: log.log_fact(session())))
    stamp = line.pop("timestamp")
    assert (stamp[10], stamp[-1]) == ("T", "Z")
    assert line == {
        "level": "info",
        "event": "session ended",
        "service": "FTPS_VIP",
        "session": "a1",
        "client": "192.0.2.7:40000",
        "entrance": "explicit",
        "user": "anna",
        "server": "FTP_SVR1",
        "tls": "TLSv1.3",
        "tls_cipher": "TLS_AES_256_GCM_SHA384",
        "tls_resumed": True,
        "server_tls": None,
        "seconds": 1.235,
        "transfers": 2,
        "bytes_up": 10,
        "bytes_down": 20,
        "ended": "QUIT",
        "reply": "221 Bye.",
    }


def test_a_transfer_is_one_line_with_all_that_is_known_of_it(logged):
    line = json_of(logged(lambda: log.log_fact(transfer())))
    assert (line["event"], line["path"], line["bytes"], line["seconds"]) == ("transfer ended", "/a.bin", 1024, 0.5)
    assert (line["client_tls"], line["client_tls_resumed"], line["server_tls"]) == ("TLSv1.3", True, None)
    assert set(TransferEnded.__struct_fields__) <= line.keys()


@pytest.mark.parametrize(("fact", "level"), LEVELS)
def test_a_fact_is_written_at_its_level_and_not_above(logged, fact, level):
    names = list(log.LEVELS)
    for wanted in names:
        text = logged(lambda: log.log_fact(fact), level=wanted)
        assert bool(text) == (names.index(level) >= names.index(wanted))
        assert not text or json_of(text)["level"] == level


@pytest.mark.parametrize("shape", ["json", "text"])
@pytest.mark.parametrize(
    "name", ["<script>", "a\r\nfake=1", "\x1b[2J", "\u202egnp.exe", "\x85\x9b1m", "\udcff", "\x7f", "\0"]
)
def test_s18_what_a_peer_wrote_breaks_no_line_and_no_terminal(logged, shape, name):
    text = logged(lambda: log.log_fact(session(user=name, ended=name, reply=name)), shape=shape)
    assert text.endswith("\n")
    assert text[:-1].isprintable()
    if shape == "json":
        assert json_of(text)["user"] == ("<script>" if name == "<script>" else name.encode("unicode_escape").decode())


@given(st.text(st.characters()), st.sampled_from(["json", "text"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_s18_no_name_whatever_makes_a_second_line(logged, name, shape):
    text = logged(lambda: log.log_fact(transfer(path=name)), shape=shape)
    assert text[:-1].isprintable()
    if shape == "json":
        assert json_of(text)["bytes"] == 1024


def test_names_of_windows_and_of_other_scripts_stay_readable(logged):
    assert json_of(logged(lambda: log.log_fact(session(user="DOM\\änna 日本"))))["user"] == "DOM\\änna 日本"


@pytest.mark.parametrize("sign", ["x", '"', "日", "\x1b"])
@pytest.mark.parametrize("shape", ["json", "text"])
def test_s18_endless_names_are_cut_so_that_a_line_is_written_in_one_piece(logged, sign, shape):
    text = logged(lambda: log.log_fact(session(user=sign * 100_000)), shape=shape)
    assert 2000 < len(text.encode()) <= select.PIPE_BUF
    assert text.count("\n") == 1
    if shape == "json":
        line = json_of(text)
        assert line["user"].endswith("...")
        assert (line["server"], line["reply"]) == ("FTP_SVR1", "221 Bye.")


def test_of_several_long_fields_none_is_cut_away(logged):
    line = json_of(logged(lambda: log.log_fact(session(user="u" * 5000, reply="r" * 5000))))
    assert line["user"].startswith("u" * 500)
    assert line["reply"].startswith("r" * 500)


def test_a_long_list_is_cut_to_its_first_items(logged):
    def say():
        structlog.get_logger("ftpair").error("apply refused", problems=[f"problem {number}" for number in range(1000)])

    problems = json_of(logged(say))["problems"]
    assert problems[0] == "problem 0"
    assert problems[-1] == "..."


def fail(reason):
    """Fail, and log it with its traceback."""

    def give_up():
        raise ValueError(reason)

    try:
        give_up()
    except ValueError:
        structlog.get_logger("ftpair").exception("it failed")


def trace_of(text, shape):
    return json_of(text)["exception"] if shape == "json" else "\n".join(text.splitlines()[1:])


@pytest.mark.parametrize("shape", ["json", "text"])
def test_of_a_long_traceback_the_end_is_kept(logged, shape):
    reason = "\n".join(f"{number} " + "y" * 60 for number in range(200)) + "\nthe end"
    text = logged(lambda: fail(reason), shape=shape)
    assert len(text.encode()) <= select.PIPE_BUF
    trace = trace_of(text, shape)
    assert trace.startswith("    ...\n    ")
    assert trace.endswith("    the end")


def test_people_read_one_line_too(logged):
    text = logged(lambda: log.log_fact(session()), shape="text")
    assert text.count("\n") == 1
    assert "session ended" in text
    assert "user=anna" in text
    assert "\x1b" not in text


def test_a_descriptor_that_is_no_terminal_gets_json_by_itself(logged):
    assert json_of(logged(lambda: log.log_fact(session()), shape="auto"))["user"] == "anna"


def test_what_an_application_says_is_made_harmless_to_its_depth(logged):
    def say():
        fields = {"steps": ("a\n", 1, {"k\x1b": {"s\n"}}), "path": Path("/x\ny"), "admin": Admin.DRAIN, "count": 3}
        structlog.get_logger("ftpair").warning("said\x1b", **fields)

    line = json_of(logged(say))
    assert (line["event"], line["level"]) == (r"said\x1b", "warning")
    assert line["steps"] == [r"a\n", 1, {r"k\x1b": [r"s\n"]}]
    assert (line["path"], line["admin"], line["count"]) == (r"/x\ny", "drain", 3)


@pytest.mark.parametrize("shape", ["json", "text"])
def test_a_traceback_is_set_in_so_that_it_cannot_pass_for_lines_of_the_log(logged, shape):
    trace = trace_of(logged(lambda: fail("bad\n2026-01-01 [info] all is well \x1b[2J"), shape=shape), shape)
    assert "ValueError: bad" in trace
    assert all(line.startswith("    ") for line in trace.splitlines())
    assert "\x1b" not in trace


def test_libraries_and_asyncio_log_into_the_same_lines(logged):
    def talk():
        logging.getLogger("asyncio").warning("slow\x1b %s", "task")
        logging.getLogger("asyncio").info("not of interest")
        logging.getLogger("odd").log(35, "between two levels")

    slow, odd = (json.loads(line) for line in logged(talk).splitlines())
    assert (slow["event"], slow["logger"], slow["level"]) == (r"slow\x1b task", "asyncio", "warning")
    assert (odd["event"], odd["level"]) == ("between two levels", "warning")


def test_exceptions_that_modules_of_ftpair_log_arrive_with_their_traceback(logged):
    def fail():
        try:
            {}["a bug"]
        except KeyError:
            logging.getLogger("ftpair.dataplane.driver").exception("session %s failed", "a1")

    line = json_of(logged(fail))
    assert (line["event"], line["level"]) == ("session a1 failed", "error")
    assert "KeyError: 'a bug'" in line["exception"]


def test_the_same_settings_again_change_nothing(logged):
    logged(lambda: None)
    before = structlog.get_config()["wrapper_class"]
    logged(lambda: None)
    assert structlog.get_config()["wrapper_class"] is before
    assert logging.getLogger().handlers.count(log._BRIDGE) == 1


def test_lines_that_found_no_reader_are_confessed(logged):
    log.STDERR.lost = 3
    first, second = logged(lambda: [log.log_fact(session()), log.log_fact(session())]).splitlines()
    assert json.loads(first)["lines_lost"] == 3
    assert "lines_lost" not in json.loads(second)


def test_the_names_of_a_tls_client_are_in_the_line_if_it_gave_any(logged):
    tls = Tls("TLSv1.3", "X", resumed=False, sni="ftp.example.org", subject="anna")
    line = json_of(logged(lambda: log.log_fact(msgspec.structs.replace(session(), tls=tls))))
    assert (line["tls_sni"], line["tls_subject"]) == ("ftp.example.org", "anna")
    assert "tls_certificate_subject" not in line


def test_what_rules_may_go_by_in_a_certificate_is_in_the_line(logged):
    names = CertificateNames("CN=anna,O=Example", ("email:anna@example.org", "dns:h"))
    tls = Tls("TLSv1.3", "X", resumed=False, subject="anna", names=names)
    line = json_of(logged(lambda: log.log_fact(msgspec.structs.replace(session(), tls=tls))))
    assert line["tls_certificate_subject"] == "CN=anna,O=Example"
    assert line["tls_certificate_san"] == "email:anna@example.org, dns:h"
    bare = msgspec.structs.replace(tls, names=CertificateNames("CN=anna"))
    assert "tls_certificate_san" not in json_of(
        logged(lambda: log.log_fact(msgspec.structs.replace(session(), tls=bare)))
    )


def test_a_flood_of_refusals_is_no_flood_of_lines_and_what_is_left_out_is_counted(logged):
    refused = Refusal("FTPS_VIP", "memory", "192.0.2.7")

    def flood() -> None:
        for _ in range(50):
            log.log_fact(refused)
        time.sleep(1)
        log.log_fact(refused)
        log.log_fact(session())

    *lines, last = map(json.loads, logged(flood, level="debug").splitlines())
    assert len(lines) < 51
    assert len(lines) + sum(line.get("left_out", 0) for line in lines) == 51
    assert lines[-1]["left_out"]
    assert last["event"] == "session ended"


def test_a_shortage_is_a_warning_and_its_end_is_no_longer_one(logged):
    def act() -> None:
        log.log_fact(Overloaded("", "memory", "10.0 MiB of memory are available, the floor is 64.0 MiB", 7))
        log.log_fact(
            Overloaded("", "memory", "10.0 MiB of memory are available, the floor is 64.0 MiB", 9, is_over=True)
        )

    first, last = map(json.loads, logged(act).splitlines())
    assert (first["level"], first["event"], first["refused"]) == ("warning", "new sessions are refused", 7)
    assert (last["level"], last["event"], last["refused"]) == ("info", "new sessions are taken again", 9)
