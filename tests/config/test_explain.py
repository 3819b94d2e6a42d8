"""Tests of ftpair.config.explain."""

import re

import pytest
from pydantic import ValidationError

from ftpair.config.explain import explain
from ftpair.config.models import Config

SERVER = {"A": {"address": "10.0.0.11"}}
SERVICE = {"address": "192.0.2.10", "ports": "21,1025-1052", "real_servers": SERVER}


def said(data):
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(data)
    (error,) = caught.value.errors()
    return explain(error).sentence


def of_service(**keys):
    return said({"virtual_services": {"VIP": SERVICE | keys}})


def of_server(**keys):
    return of_service(real_servers={"A": SERVER["A"] | keys})


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (lambda: of_service(retries="2"), "must be a whole number, but is '2': write for example retries: 2"),
        (lambda: of_service(retries=True), "must be a whole number, but is true: write for example retries: 2"),
        (lambda: of_service(retries=1.5), "must be a whole number, but is 1.5: write for example retries: 2"),
        (lambda: of_service(retries=-1), "must be 0 or more, but is -1: write for example retries: 2"),
        (lambda: of_server(weight=257), "must be 256 or less, but is 257: write for example weight: 100"),
        (lambda: of_service(health=5), "must be a block of keys, but is 5: write for example health: {check: banner}"),
        (lambda: said({"virtual_services": "x"}), "must be a block of keys, but is 'x': write for example"),
        (
            lambda: of_service(health={"interval_s": 0}),
            "must be more than 0, but is 0: write for example interval_s: 5",
        ),
        (
            lambda: of_service(health={"interval_s": "5s"}),
            "must be a number, but is '5s': write for example interval_s: 5",
        ),
        (lambda: of_service(health={"interval_s": float("nan")}), "must be a finite number, but is nan"),
        (lambda: of_service(balance="least_sessions"), "but is 'least_sessions': did you mean least-sessions?"),
        (
            lambda: of_service(balance="x"),
            "must be one of round-robin, least-sessions, random-two, source-hash, user-hash",
        ),
        (lambda: of_service(greeting=220), "must be text (in quotes, if it looks like a number), but is 220"),
        (lambda: of_service(greeting=""), "must not be empty, but is ''"),
        (lambda: of_service(greeting="x" * 500), "must have 400 characters or fewer"),
        (
            lambda: of_service(server_verify="no"),
            "must be true or false, but is 'no': write for example server_verify: true",
        ),
        (lambda: of_service(mode="xyz"), "'xyz' is no mode: write ftp, or tcp"),
        (lambda: of_service(mode="TCP"), "'TCP' is no mode: did you mean tcp?"),
        (lambda: of_service(mode="passthrough"), "'passthrough' is no mode: did you mean tcp?"),
        (lambda: of_service(mode="ftps"), "'ftps' is no mode: did you mean ftp?"),
        (lambda: of_service(engine="haproxy"), "belongs to mode: tcp: remove it, or write mode: tcp"),
        (lambda: of_service(mode="tcp", retries=3), "belongs to mode: ftp: remove it, or write mode: ftp"),
        (lambda: of_service(mode="tcp", enigne="builtin"), "is not a known key: did you mean engine?"),
        (lambda: of_service(mode="tcp", pairing="ports"), "must be one of source, port, but is 'ports': did you mean"),
        (lambda: of_service(mode="tcp", balance="user-hash"), "needs the user's name, which TLS hides in TCP mode"),
        (lambda: of_service(real_server={}), "is not a known key: did you mean real_servers?"),
        (lambda: of_service(clear_text="drop"), "does not belong here: write it into virtual_services.VIP.tls"),
        (lambda: of_server(retries=1), "does not belong here: write it into virtual_services.VIP"),
        (
            lambda: of_service(workers=1),
            "does not belong here: write it at the top of the file, outside of every block",
        ),
        (lambda: said({"qqq": 1}), "is not a known key: remove it, or write one of user, api_user, workers"),
        (lambda: of_service(tls={}), "is missing: write for example certificate: files"),
        (lambda: of_service(real_servers={"A": 3}), "write for example A: {address: 10.0.0.11}"),
        (lambda: of_service(real_servers={"A B": SERVER["A"]}), "is not a name: write 1 to 64 letters"),
        (
            lambda: of_service(ports=21),
            'must be a block of keys, but is 21: write for example ports: "21,990,1025-1052"',
        ),
        (
            lambda: of_service(tls={"certificate": "a", "minimum_version": 1.1}),
            "must be one of 1.2, 1.3, but is '1.1': write for example minimum_version: \"1.2\"",
        ),
        (lambda: said({"workers": {}}), "must be auto or a whole number from 1 to 256"),
        (lambda: of_service(routes=7), "must be a list, but is 7: write for example routes: [{"),
        (lambda: of_service(routes=["kim"]), "must be a block of keys, but is 'kim': write for example routes: [{"),
        (lambda: of_service(bans={"by": ["ip"]}), "but is 'ip': write for example by: [address, user]"),
        (lambda: of_service(bans={"allow": [7]}), "but is 7: write for example allow: [10.0.0.0/8]"),
        (lambda: of_service(max_sessions=10**9), "must be 1000000 or less"),
    ],
)
def test_errors_are_told_in_plain_words(sentence, expected):
    assert expected in sentence()


def test_no_sentence_speaks_the_validators_language():
    sentences = [of_service(retries="x"), of_service(health=[]), of_server(weight="a"), of_service(tls="on")]
    assert not [each for each in sentences if re.search(r"valid|input|dict|instance|Value error|pydantic", each)]


def test_an_unforeseen_kind_of_error_still_gives_a_sentence():
    error = {"type": "new", "loc": ("user",), "msg": "Odd thing", "input": 1}
    assert explain(error).sentence == "odd thing, but is 1: write for example user: ftpair"
    nowhere = {"type": "new", "loc": ("x", "y"), "msg": "Odd thing", "input": 1}
    assert explain(nowhere).sentence.endswith("y: ...")
