"""Tests of ftpair.config.source."""

import pytest

from ftpair.config.source import read_source


def said(text):
    return read_source(text.encode() if isinstance(text, str) else text)


def sentence(text):
    (finding,) = said(text).findings
    return f"{finding.line}: {finding.sentence}"


def test_plain_values_keep_their_type_and_off_stays_a_word():
    text = "a: off\nb: 1\nc: 1.5\nd: true\ne: 'x'\nf: 0o17\ng: [1, x]\nh: .inf\ni: 010\nj: 2026-01-15"
    expected = {"a": "off", "b": 1, "c": 1.5, "d": True, "e": "x", "f": 15, "g": [1, "x"], "h": float("inf"), "i": 10}
    assert said(text).data == expected | {"j": "2026-01-15"}


def test_every_key_knows_its_line_and_a_missing_one_that_of_its_block():
    lines = said("a:\n  b:\n    c: 1\n").lines
    assert [lines.of(("a",)), lines.of(("a", "b")), lines.of(("a", "b", "c")), lines.of(("a", "x", "y"))] == [
        1,
        2,
        3,
        1,
    ]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "~"])
def test_an_empty_file_is_told_what_it_needs(text):
    assert sentence(text) == "1: the file is empty: write at least virtual_services with one service"


def test_a_file_that_is_no_block_of_keys_is_refused():
    assert "but is a list" in sentence("- a\n- b\n")
    assert "but is 'hello'" in sentence("hello")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n\t- b", "2: indented with a tab; YAML wants spaces"),
        ("\ta: 1", "1: indented with a tab; YAML wants spaces"),
        ("a:\r\n  b: 1\r\n  \tc: 1", "3: indented with a tab; YAML wants spaces"),
        ("a:\t1", "1: is not valid YAML (while scanning for the next token found character '\\t'"),
        ("a:\t1", "a tab stands where a space belongs"),
        ("a: @b", "put the text in quotes"),
        ("a: b: c", "a second colon"),
        ("a: 1\n---\nb: 2", "remove the line ---"),
        ("a: *no", "write the value out"),
        ("a: [1\nb: 2", "2: is not valid YAML"),
        ("a: 'x", "a quote is not closed"),
        ("a:\n  b\n  c: 1\n", "is not valid YAML"),
        ("a: \x01", "remove the control characters"),
        (b"a: 1\nb: \xff", "2: is not UTF-8 text: save the file as UTF-8"),
    ],
)
def test_wrong_syntax_is_named_with_its_line_and_a_remedy(text, expected):
    assert expected in sentence(text)


def test_every_double_key_is_found_on_its_second_line_and_the_first_counts():
    source = said("a: 1\nb: {c: 1, c: 2}\na: 2\n")
    assert source.data == {"a": 1, "b": {"c": 1}}
    assert [finding.line for finding in source.findings] == [2, 3]
    assert source.findings[1].sentence == "is here a second time (first in line 1): remove one of the two"


def test_a_key_without_a_value_is_never_taken_for_the_default():
    source = said("tls:\n")
    assert (source.data, source.broken) == ({}, {("tls",)})
    assert source.findings[0].sentence == "is empty: write a value, or remove the key"


def test_aliases_and_merged_keys_are_followed_and_own_keys_win():
    source = said(
        "a: &a {x: 1, y: 1}\nb: &b {z: 3, y: 5}\nc: {<<: *a, y: 2}\nd: *a\ne: {<<: [*a, *b]}\nf: {<<: 3, g: 1}\n"
    )
    assert source.data["c"] == {"y": 2, "x": 1}
    assert source.data["d"] == {"x": 1, "y": 1}
    assert source.data["e"] == {"x": 1, "y": 1, "z": 3}
    assert source.data["f"] == {"g": 1}


def test_an_alias_to_itself_ends():
    assert "nested too deeply" in said("a: &a {b: *a}\n").findings[0].sentence
    assert said("a: &a {<<: *a, c: 1}\n").data == {"a": {"c": 1}}


def test_an_alias_bomb_ends():
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    text += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 8))
    assert "repeated too often" in said(text).findings[0].sentence


def test_tags_are_refused():
    assert said("a: !secret x\n").findings[0].sentence == "has the YAML tag !secret: write the value without it"


def test_a_key_that_is_no_text_does_not_stop_the_reader():
    assert said("? [a, b]\n: 1\nc: 2\n").data == {"?": 1, "c": 2}


def test_a_byte_order_mark_is_no_part_of_the_first_key():
    assert said(b"\xef\xbb\xbfa: 1\n").data == {"a": 1}
