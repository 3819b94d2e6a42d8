"""Tests of ftpair.config.reference, and of the document that holds it."""

import re
from pathlib import Path

import pytest

from ftpair.config.load import draft
from ftpair.config.models import Config
from ftpair.config.reference import BEGIN, END, reference, refreshed
from ftpair.config.schema import schema

DOCUMENT = Path(__file__).parents[2] / "docs/configuration.md"


def test_the_document_says_what_the_models_say():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert refreshed(text) == text, "run `make docs`"


def test_every_key_is_in_the_reference():
    made = schema()
    keys = {key for block in (made, *made["$defs"].values()) for key in block["properties"]}
    assert keys >= Config.model_fields.keys()
    told = reference()
    assert [key for key in keys if f"| `{key}` |" not in told] == []


def test_defaults_and_bounds_are_told():
    rows = reference()
    assert "| `retries` | whole number, 0 to 100 | `2` |" in rows
    assert "| `interval_s` | number, more than 0, up to 604800 | `5` |" in rows
    assert '| `minimum_version` | `"1.2"`, `"1.3"` | `"1.2"` |' in rows
    assert "| `passive` | range of ports, 1024 to 65535 | required |" in rows


@pytest.mark.parametrize("number", range(3))
def test_the_examples_of_the_document_are_valid(machine, number):
    blocks = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert draft(blocks[number].encode(), machine).problems == ()


def test_the_document_is_written_anew_between_its_marks():
    text = refreshed(f"# Title\n\n{BEGIN}\nstale\n{END}\n\nrest\n")
    assert text.startswith(f"# Title\n\n{BEGIN}\n\n### The top of the file")
    assert text.endswith(f"{END}\n\nrest\n")
    assert "stale" not in text
