"""The command policy of a service: refused before the server sees it, and not spoken of."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ftpair.config.commanding import Commands, policy_of
from ftpair.core.facts import CommandRefused
from ftpair.ftp.groups import WRITING
from ftpair.session.events import ClientSent
from ftpair.session.policy import offers
from tests.transcripts.play import Stage, greeted, logged_in, passive, plan


def with_policy(**keys) -> Stage:
    return logged_in(plan(commands=policy_of(Commands(**keys))))


def answer_to(stage: Stage, line: str) -> str:
    """Return the code that a line gets from ftpair itself, or nothing when it went on to the server."""
    before = stage.to_server
    stage.client(line)
    done = stage.done.copy()
    stage.done.clear()
    if stage.to_server != before:
        stage.server("200 ok")
        stage.done.clear()
        return ""
    return done[0].split()[1]


@pytest.mark.parametrize("line", ["DELE a", "dele a", "RMD a", "XRMD a"])
def test_a_denied_verb_is_answered_with_502_whatever_it_is_called(line):
    with_policy(deny=["DELE", "RMD"]).play(f"""
        C> {line}
        C< 502 This command is not offered here.
    """)


def test_naming_another_name_of_a_verb_denies_the_verb():
    assert answer_to(with_policy(deny=["XMKD"]), "MKD a") == "502"


@pytest.mark.parametrize("line", ["RETR a", "CWD a", "SITE CHMOD 600 a", "XQUOTA", "NOOP"])
def test_what_is_not_denied_goes_on(line):
    stage = with_policy(deny=["DELE"])
    assert answer_to(stage, line) in {"", "425"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("CWD a", ""),
        ("XCWD a", ""),
        ("DELE a", "502"),
        ("SITE HELP", "502"),
        ("XQUOTA", "502"),
        ("TYPE I", ""),
        ("NOOP", ""),
        ("OPTS UTF8 ON", ""),
        ("REIN", "502"),
    ],
)
def test_an_allow_list_leaves_what_it_names_and_what_every_session_needs(line, code):
    assert answer_to(with_policy(allow=["RETR", "CWD"]), line) == code


WRITES = ["APPE a", "DELE a", "MFMT 20260101000000 a", "MKD a", "RNFR a", "RNTO a", "RMD a", "STOR a", "STOU", "XMKD a"]


@pytest.mark.parametrize(
    "line", [*WRITES, "XQUOTA", "ZZZZZ", "COMB a b", "SITE CHMOD 600 a", "SITE", "MDTM 20260101000000 a"]
)
def test_a_read_only_service_answers_whatever_writes_with_550(line):
    with_policy(read_only=True).play(f"""
        C> {line}
        C< 550 This service is read-only.
    """)


@pytest.mark.parametrize("keys", [{}, {"read_only": True}, {"allow": ["RETR"]}])
def test_what_is_no_verb_at_all_is_not_understood_on_any_service(keys):
    with_policy(**keys).play("""
        C> ZZ
        C< 500 Command not understood.
    """)


@pytest.mark.parametrize("line", ["CWD a", "MDTM a", "MDTM 20260101000000", "MDTM 2026 a", "SIZE a", "STAT"])
def test_a_read_only_service_lets_people_read(line):
    assert answer_to(with_policy(read_only=True), line) == ""


def test_a_time_cannot_be_smuggled_into_mdtm_by_a_telnet_sequence():
    stage = with_policy(read_only=True)
    stage.tell(ClientSent(b"MDTM 2026\xff\xf10101000000 a"))
    stage.play("C< 550 This service is read-only.")


def test_a_read_only_service_may_allow_sub_commands_of_site():
    stage = with_policy(read_only=True, site_allow=["HELP"])
    assert answer_to(stage, "SITE help") == ""
    assert answer_to(stage, "SITE CHMOD 600 a") == "550"


@pytest.mark.parametrize(
    ("keys", "line", "code"),
    [
        ({"site_deny": ["exec"]}, "SITE EXEC ls", "502"),
        ({"site_deny": ["EXEC"]}, "site  exec ls", "502"),
        ({"site_deny": ["EXEC"]}, "SITE CHMOD 600 a", ""),
        ({"site_deny": ["EXEC"]}, "SITE", "502"),
        ({"site_allow": ["CHMOD"]}, "SITE chmod 600 a", ""),
        ({"site_allow": ["CHMOD"]}, "SITE EXEC ls", "502"),
        ({"deny": ["SITE"]}, "SITE CHMOD 600 a", "502"),
        ({"deny": ["DELE"]}, "SITE", ""),
    ],
)
def test_sub_commands_of_site_have_rules_of_their_own(keys, line, code):
    assert answer_to(with_policy(**keys), line) == code


def test_a_sub_command_cannot_be_hidden_by_a_telnet_sequence():
    stage = with_policy(site_deny=["EXEC"])
    stage.tell(ClientSent(b"SITE EX\xff\xf1EC ls"))
    stage.play("C< 502 This command is not offered here.")


def test_a_refused_transfer_gives_its_port_up():
    stage = passive(with_policy(read_only=True)).play("""
        C> STOR a
        D< drop ended
        C< 550 This service is read-only.
        C> LIST
        C< 425 Use PASV or EPSV first.
    """)
    assert [(fact.verb, fact.user) for fact in stage.noted(CommandRefused)] == [("STOR", "anna")]


def test_login_comes_before_the_policy():
    greeted(plan(commands=policy_of(Commands(deny=["DELE", "FEAT"])))).play("""
        C> DELE a
        C< 530 Log in with USER and PASS first.
        C> FEAT
        C< 502 This command is not offered here.
    """)


def test_help_is_ftpairs_own_and_offers_nothing_that_is_refused():
    stage = with_policy(deny=["DELE"])
    stage.client("HELP")
    offered = {word for line in stage.done for word in line.split()}
    stage.done.clear()
    assert "RETR" in offered
    assert "DELE" not in offered
    stage.play("""
        C> HELP DELE
        C< 502 This command is not offered here.
        C> HELP RETR
        S< HELP RETR
        S> 214 RETR <sp> path
        C< 214 RETR <sp> path
    """)


def test_help_for_nothing_is_help():
    stage = with_policy(deny=["DELE"])
    assert answer_to(stage, "HELP  ") == ""


def test_feat_offers_nothing_that_is_refused_before_and_after_login():
    stage = greeted(plan(commands=policy_of(Commands(deny=["MLSD", "MFMT"], site_deny=["EXEC"]))))
    stage.session.ask_features(lambda: ("UTF8", "MLST size*;", "MFMT", "SIZE", "SITE EXEC", "SITE UTIME", "PROT"))
    stage.play("""
        C> FEAT
        C< 211-Features:
        C<  UTF8
        C<  SIZE
        C<  SITE UTIME
        C< 211 End
    """)


def test_feat_of_the_server_is_cleaned_too():
    with_policy(read_only=True).play("""
        C> FEAT
        S< FEAT
        S> 211-Extensions
        S>  MDTM
        S>  MFMT
        S>  COMB target;source_list
        S>  UTF8
        S>  SITE UTIME
        S> 211 END
        C< 211-Extensions
        C<  MDTM
        C<  UTF8
        C< 211 END
    """)


def test_without_a_policy_a_feature_is_shown_if_it_can_be_carried():
    assert offers(None, "XYZZ") is True
    assert offers(None, "PROT") is False


TELNET = re.compile(rb"\xff[\xfb-\xfe].?|\xff.?", re.DOTALL)
PIECES = [verb.encode() for verb in sorted(WRITING)]
PIECES += [
    b"SITE",
    b"CHMOD",
    b"MDTM",
    b"2026",
    b"0101000000",
    b"HELP",
    b"NOOP",
    b" ",
    b"  ",
    b"\t",
    b"\xff",
    b"\xff\xf1",
]
PIECES += [b"\xff\xfbX", b"DE", b"LE", b"si", b"te", b"st", b"or", b"a", b"\x0b", b"\xa0", b"0"]


def as_a_lenient_server_reads(line: bytes) -> list[bytes]:
    """Split a line as the most forgiving server would: Telnet sequences taken out, any blank a separator."""
    return TELNET.sub(b"", line).upper().split()


@example(b"MDTM 2026\xff\xf10101000000 a")
@example(b"SITE CH\xff\xf1MOD 600 a")
@given(st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join))
def test_nothing_that_a_lenient_server_takes_for_a_writing_command_passes_a_read_only_service(line):
    stage = with_policy(read_only=True, site_allow=["HELP"])
    before = len(stage.to_server)
    stage.tell(ClientSent(line))
    words = [*as_a_lenient_server_reads(stage.to_server[before:]), b"", b"", b""]
    assert words[0].decode("latin-1") not in WRITING
    assert words[0] != b"SITE" or words[1] == b"HELP"
    assert words[0] != b"MDTM" or not (re.match(rb"\d{14}", words[1]) and words[2])
