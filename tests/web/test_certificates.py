"""Certificates: listed, uploaded, replaced and deleted in the browser."""

from dataclasses import replace

import pytest

from ftpair.api.certificate_examples import ENTRY
from ftpair.core.accounts import Role
from ftpair.core.actions import Problem, Refused
from ftpair.core.certificates import CertificatesAre, DeleteCertificate, GetCertificates, SaveCertificate
from tests.web.forms import wrong

KEY = "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n"
SENT = {"name": "files", "certificate": "-----BEGIN CERTIFICATE-----\n", "key": KEY, "etag": '"a tag"'}


def uploaded(admin, **changes):
    sent = {name: (None, text) for name, text in (SENT | changes).items()}
    return admin.act("POST", "/certificates", files=sent)


def test_the_list_tells_what_each_is_who_uses_it_and_how_long(admin):
    page = admin.get("/certificates").text
    for word in (ENTRY.name, ENTRY.facts.subject, ENTRY.facts.issuer, "valid for", ENTRY.facts.fingerprint):
        assert word in page


def test_without_one_the_first_step_is_offered(admin, supervisor):
    supervisor.answers[GetCertificates] = CertificatesAre(())
    assert "Upload a certificate" in admin.get("/certificates").text


def test_a_file_that_cannot_be_worked_by_is_told(admin, supervisor):
    supervisor.answers[GetCertificates] = Refused("invalid", "the file has 1 problem", (Problem("x", "is odd"),))
    assert "the file has 1 problem" in admin.get("/certificates").text


def test_a_certificate_is_uploaded(admin, supervisor):
    assert uploaded(admin).headers["hx-redirect"] == "/certificates"
    order = supervisor.actions[-1]
    assert (order.name, order.key_pem, order.if_match, order.may_replace) == ("files", KEY.encode(), '"a tag"', False)


def test_a_file_that_was_chosen_counts_more_than_what_was_pasted(admin, supervisor):
    sent = {name: (None, text) for name, text in SENT.items()}
    admin.act(
        "POST", "/certificates", files=sent | {"key_file": ("key.pem", b"from the file"), "replaces": (None, "yes")}
    )
    order = supervisor.actions[-1]
    assert (order.key_pem, order.may_replace) == (b"from the file", True)


def test_what_is_wrong_is_told_at_its_field_and_no_key_comes_back(admin, supervisor):
    problems = (
        Problem("key", "does not fit the certificate"),
        Problem("certificate", "holds none: write the path of a PEM file with one"),
    )
    supervisor.answers[SaveCertificate] = Refused("invalid", "files cannot be used", problems)
    answer = uploaded(admin)
    assert answer.status_code == 422
    assert wrong(answer)["key"].endswith("does not fit the certificate")
    assert wrong(answer)["certificate"].endswith("holds none: paste one, or choose its file")
    assert "secret" not in answer.text


@pytest.mark.parametrize("kind", ["conflict", "changed", "wrong-request"])
def test_what_is_refused_is_told_in_the_dialog(admin, supervisor, kind):
    supervisor.answers[SaveCertificate] = Refused(kind, "why it was not kept")
    assert "why it was not kept" in uploaded(admin).text


def test_one_that_is_used_cannot_be_deleted(admin, supervisor):
    supervisor.answers[GetCertificates] = CertificatesAre((replace(ENTRY, used_by=("VIP",)),))
    answer = admin.get(f"/certificates/{ENTRY.name}/delete", headers={"HX-Request": "true"})
    assert (answer.status_code, "is used by VIP" in answer.text) == (409, True)


def test_one_that_nobody_uses_is_deleted(admin, supervisor):
    supervisor.answers[GetCertificates] = CertificatesAre((replace(ENTRY, used_by=()),))
    assert "stay on the disk" in admin.get(f"/certificates/{ENTRY.name}/delete").text
    assert admin.act("POST", f"/certificates/{ENTRY.name}/delete", data={"etag": '"t"'}).status_code == 200
    assert supervisor.actions[-1] == DeleteCertificate(ENTRY.name, '"t"')


def test_who_is_no_admin_sees_them_and_uploads_none(browsing):
    with browsing(Role.OPERATOR) as operator:
        page = operator.get("/certificates").text
        assert ENTRY.name in page
        assert "Replace" not in page
        assert operator.act("POST", "/certificates", files={"name": (None, "x")}).status_code == 403
