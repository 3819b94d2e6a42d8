"""Groups of verbs."""

import pytest

from ftpair.ftp.groups import ALIASES, INDISPENSABLE, OF_A_SESSION, WRITING, family, may_be_offered
from ftpair.ftp.verbs import VERBS


@pytest.mark.parametrize("group", [ALIASES, ALIASES.values(), INDISPENSABLE, OF_A_SESSION, WRITING])
def test_a_group_names_verbs_of_the_table(group):
    assert set(group) <= VERBS.keys()


@pytest.mark.parametrize(("name", "members"), [("MKD", {"MKD", "XMKD"}), ("XMKD", {"MKD", "XMKD"}), ("RETR", {"RETR"})])
def test_a_family_is_a_verb_with_all_its_names(name, members):
    assert family(name) == members


def test_a_verb_writes_whatever_its_name():
    assert {member for verb in WRITING for member in family(verb)} == WRITING
    assert {row.name for row in VERBS.values() if row.moves == "up"} <= WRITING


def test_no_verb_of_a_session_writes_or_reads_files():
    assert not OF_A_SESSION & WRITING
    assert not [name for name in OF_A_SESSION if VERBS[name].moves]


@pytest.mark.parametrize(("name", "expected"), [("RETR", True), ("PASV", True), ("REIN", False), ("GET", False)])
def test_what_the_table_refuses_is_never_offered(name, expected):
    assert may_be_offered(name) is expected
