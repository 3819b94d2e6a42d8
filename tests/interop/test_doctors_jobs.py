"""A job of a running ftpair says what the command says, of real servers: confined, and by a process of its own."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer
from tests.interop.lab.clinic import SLICES, Clinic, consult, open_for
from tests.interop.lab.places import fresh_address
from tests.interop.lab.sick import CASES

pytestmark = pytest.mark.interop
SICK = "pasv_address"
PATIENCE_S = 90.0


@pytest.fixture(scope="module")
def clinic(lab_folder: Path, authority: Authority) -> Clinic:
    folder = lab_folder / "jobs"
    folder.mkdir()
    return Clinic(folder, authority)


@pytest.fixture(scope="module")
def balancer(clinic: Clinic) -> Iterator[Balancer]:
    vip = fresh_address()
    pair = [clinic.server("vsftpd", vip, passive=own) for own in SLICES]
    offloaded = [clinic.server("ProFTPD"), clinic.server("vsftpd", tls="clear")]
    patients = {
        SICK: CASES[SICK].make(clinic),
        "healthy": clinic.sliced(clinic.patient(pair, vip, public_name="ftp.example.org")),
        "in_ftp_mode": clinic.in_ftp_mode(offloaded),
    }
    with open_for(clinic, patients) as running:
        assert running is not None
        yield running


def run(balancer: Balancer, **wish: Any) -> dict[str, Any]:
    """Run a job to its end."""
    job: dict[str, Any] = balancer.post("/doctor", wish)
    deadline = time.monotonic() + PATIENCE_S
    while job["state"] == "running":
        assert time.monotonic() < deadline, job
        time.sleep(0.1)
        job = balancer.ask(f"/jobs/{job['id']}")
    assert (job["state"], job["error"], job["done"]) == ("done", "", job["steps"])
    return job


def test_what_is_wrong_is_told_with_the_lines_that_mend_it(clinic: Clinic, balancer: Balancer) -> None:
    said = run(balancer, service=SICK)["diagnosis"]
    assert said == consult(clinic, SICK).diagnosis
    (finding,) = said["findings"]
    assert finding["lines"], "they are read from the guides, which a confined process must still be able to do"


@pytest.mark.parametrize("name", ["healthy", "in_ftp_mode"])
def test_every_option_of_the_command_is_one_of_the_job(clinic: Clinic, balancer: Balancer, name: str) -> None:
    user, ca = clinic.patients[name].servers[0].user, clinic.authority.ca.read_text()
    wish = {"directory": "files", "write": True, "wait_s": 0.5, "timeout_s": 5, "ca": ca}
    said = run(balancer, service=name, user=user, password="correct horse", files=["files/absent"], **wish)
    options = ["--directory", "files", "--write", "--wait", "0.5", "--timeout", "5", "--ca", str(clinic.authority.ca)]
    told = consult(clinic, name, *options, "--file", "files/absent").diagnosis
    assert said["diagnosis"] == told
    assert said["diagnosis"]["logins"] > 2
    assert not list(clinic.folder.glob("*/home/files/ftpair-doctor*"))
