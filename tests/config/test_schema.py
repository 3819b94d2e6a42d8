"""Tests of ftpair.config.schema."""

import json

import pytest
from jsonschema import Draft202012Validator

from ftpair.config.schema import DIALECT, schema
from ftpair.config.source import read_source


def errors(text):
    data = read_source(text if isinstance(text, bytes) else text.encode()).data
    return [error.message for error in Draft202012Validator(schema()).iter_errors(data)]


def test_it_is_a_valid_schema_that_can_be_written_as_json():
    Draft202012Validator.check_schema(schema())
    assert json.loads(json.dumps(schema()))["$schema"] == DIALECT


@pytest.mark.parametrize("name", ["design", "whole"])
def test_an_editor_accepts_the_examples(golden, name):
    assert errors((golden / f"{name}.yaml").read_bytes()) == []


def test_an_editor_refuses_mistakes(golden):
    assert len(errors((golden / "mistakes.yaml").read_bytes())) >= 10


@pytest.mark.parametrize(
    "text",
    [
        "user: a",
        "virtual_services: {V: {address: 192.0.2.10, ports: '21', real_servers: {}}}",
        "virtual_services: {V: {address: 192.0.2.10, ports: '21,1025-1052', tls: 5}}",
        "virtual_services: {V: {address: 192.0.2.10, ports: '21,1025-1052', affinity: users}}",
        "virtual_services: {V F: {address: 192.0.2.10, ports: '21,1025-1052'}}",
        "virtual_services: {V: {address: 192.0.2.10, ports: '21,1025-1052', server_tls: true}}",
    ],
)
def test_an_editor_refuses(text):
    assert errors(text)


def test_every_key_is_described():
    made = schema()
    blocks = [made, *made["$defs"].values()]
    assert [key for block in blocks for key, each in block["properties"].items() if "description" not in each] == []


def test_no_key_may_be_null():
    assert '"null"' not in json.dumps(schema())
