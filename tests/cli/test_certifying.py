"""`ftpair certificate`: list, add, delete."""

import json
from pathlib import Path

import msgspec
import pytest

from ftpair.api import certificate_examples
from ftpair.core.actions import Problem, Refused
from ftpair.core.certificates import (
    CertificateEntry,
    CertificateIs,
    CertificateRemark,
    CertificatesAre,
    DeleteCertificate,
    GetCertificates,
    SaveCertificate,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "certificates.md"
BROKEN = CertificateEntry(
    "old", "a.pem", "a.key", None, problems=(CertificateRemark("key", "does not fit"), CertificateRemark("key", "x"))
)


@pytest.fixture
def files(tmp_path):
    for name in ("chain", "key"):
        (tmp_path / name).write_text(f"{name}\n")
    return ["--certificate", str(tmp_path / "chain"), "--key", str(tmp_path / "key")]


def saved(supervisor):
    return [action for action in supervisor.actions if isinstance(action, SaveCertificate)]


def test_certificates_are_listed_as_the_documentation_shows(ftpair, supervisor):
    ran = ftpair("certificate")
    assert (ran.status, ran.err) == (0, "")
    shown = "\n".join(line.rstrip() for line in ran.out.splitlines())
    assert f"$ ftpair certificate list\n{shown}\n" in DOCUMENT.read_text(encoding="utf-8")


def test_what_cannot_be_read_is_listed_with_the_reason(ftpair, supervisor):
    supervisor.answers[GetCertificates] = CertificatesAre((BROKEN,))
    assert "error: old: key does not fit" in ftpair("certificate", "list").out
    (row,) = json.loads(ftpair("certificate", "--json").out)
    assert (row["name"], row["facts"]) == ("old", None)


def test_one_is_added_replaced_and_tried(ftpair, supervisor, files):
    ran = ftpair("certificate", "add", "web", *files, "--host", "a", "--host", "b", "--comment", "why")
    assert (ran.status, ran.out) == (0, f"{certificate_examples.KEPT}\n")
    assert ran.err == "warning: certificate expires on 2026-03-31, in 21 days: renew it\n"
    ftpair("certificate", "add", "web", *files, "--replace")
    ran = ftpair("certificate", "add", "web", *files, "--dry-run", "--json")
    assert json.loads(ran.out)["dry_run"] is True
    first, second, third = saved(supervisor)
    assert (first.name, first.chain_pem, first.key_pem, first.hosts) == ("web", b"chain\n", b"key\n", ("a", "b"))
    assert (first.comment, first.may_replace, first.dry_run) == ("why", False, False)
    assert (second.may_replace, third.may_replace, third.dry_run) == (True, False, True)


def test_a_key_may_stand_with_its_certificate(ftpair, supervisor, files):
    ftpair("certificate", "add", "web", *files[:2])
    assert saved(supervisor)[0].key_pem == b""


def test_one_that_cannot_be_used_is_told_and_is_no_fault_of_the_configuration(ftpair, supervisor, files):
    supervisor.answers[SaveCertificate] = Refused("invalid", "no", (Problem("key", "does not fit"),))
    ran = ftpair("certificate", "add", "web", *files)
    assert (ran.status, ran.out) == (3, "")
    assert ran.err == "key does not fit\nftpair: web cannot be used; nothing was changed.\n"
    supervisor.answers[SaveCertificate] = Refused("invalid", "no", (Problem("virtual_services", "is missing"),))
    assert "The configuration is invalid; nothing was changed." in ftpair("certificate", "add", "web", *files).err


def test_a_trial_that_fails_says_all_and_has_the_status_of_a_refusal(ftpair, supervisor, files):
    supervisor.answers[SaveCertificate] = CertificateIs(BROKEN, "old cannot be used (2 problems): the key does not fit")
    ran = ftpair("certificate", "add", "old", *files, "--dry-run")
    assert (ran.status, ran.out) == (3, "old cannot be used (2 problems): the key does not fit\n")
    assert ran.err == "error: key x\n"


def test_one_is_deleted(ftpair, supervisor):
    ran = ftpair("certificate", "delete", "web", "--comment", "why")
    assert (ran.status, ran.out) == (0, "web is taken out\n")
    (action,) = [each for each in supervisor.actions if isinstance(each, DeleteCertificate)]
    assert (action.name, action.comment) == ("web", "why")
    assert msgspec.structs.asdict(action)["author"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["list", "web"], "takes no name"),
        (["add"], "add needs a name and a file"),
        (["add", "web"], "add needs a name and a file"),
        (["add", "web", "--certificate", "/x"], "--certificate: /x does not exist: create it, or write another path."),
        (["delete"], "delete needs a name"),
        (["show"], "can list, add and delete; not show"),
    ],
)
def test_wrong_use_is_told(ftpair, supervisor, words, sentence):
    ran = ftpair("certificate", *words)
    assert (ran.status, ran.out) == (2, "")
    assert sentence in ran.err
    assert not saved(supervisor)
