"""The doctor names what is wrong with a real server that is misconfigured in exactly one way, and nothing else."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ftpair.probes.doctor.catalogue import AILMENTS
from tests.interop.lab.authority import Authority
from tests.interop.lab.clinic import NAMES, SLICES, Clinic, Consulted, Patient, consult, ftpair, open_for
from tests.interop.lab.places import fresh_address
from tests.interop.lab.servers.real_server import RealServer, ServerTls
from tests.interop.lab.sick import CASES

pytestmark = pytest.mark.interop
HEALTHY: dict[str, tuple[str, ServerTls]] = {
    "vsftpd_explicit": ("vsftpd", "explicit"),
    "vsftpd_implicit": ("vsftpd", "implicit"),
    "ProFTPD_explicit": ("ProFTPD", "explicit"),
    "ProFTPD_implicit": ("ProFTPD", "implicit"),
    "PureFTPd_explicit": ("Pure-FTPd", "explicit"),
    "pyftpdlib_explicit": ("pyftpdlib", "explicit"),
}


def healthy(make: str, tls: ServerTls) -> Callable[[Clinic], Patient]:
    """Return how two servers of a make are set up with nothing to find."""

    def patient(clinic: Clinic) -> Patient:
        vip = fresh_address()
        servers = [clinic.server(make, vip, tls, passive=own) for own in SLICES]
        return clinic.sliced(clinic.patient(servers, vip, public_name="ftp.example.org"))

    return patient


@pytest.fixture(scope="module")
def clinic(lab_folder: Path, authority: Authority) -> Iterator[Clinic]:
    folder = lab_folder / "clinic"
    folder.mkdir()
    clinic = Clinic(folder, authority)
    patients = {name: healthy(*how)(clinic) for name, how in HEALTHY.items()}
    with open_for(clinic, patients | {name: case.make(clinic) for name, case in CASES.items()}):
        yield clinic


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_service_has_no_finding(clinic: Clinic, name: str) -> None:
    seen = consult(clinic, name, "--directory", "files", "--write")
    assert (seen.status, seen.diagnosis["findings"]) == (0, [])
    assert seen.diagnosis["logins"] >= 6


def test_the_doctor_leaves_no_file_behind(clinic: Clinic) -> None:
    consult(clinic, "vsftpd_explicit", "--directory", "files", "--write")
    assert not list(clinic.folder.glob("*/home/files/ftpair-doctor*"))


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_named_and_nothing_else(clinic: Clinic, name: str) -> None:
    case = CASES[name]
    seen = consult(clinic, name, *(option.format(ca=clinic.authority.ca) for option in case.options))
    assert seen.found == case.found, seen.diagnosis["findings"]
    is_ill = any(finding["severity"] != "note" for finding in seen.diagnosis["findings"])
    assert is_ill == any(AILMENTS[ailment].severity != "note" for ailment, _where in case.found)
    assert (seen.status, seen.diagnosis["is_healthy"]) == (int(is_ill), not is_ill)
    check_words(clinic, name, seen)


def test_every_ailment_has_a_case_with_a_real_server() -> None:
    assert {ailment for case in CASES.values() for ailment, _where in case.found} == set(AILMENTS)


@pytest.mark.parametrize(("name", "verb"), [("pbsz_refused", "PBSZ 0"), ("prot_refused", "PROT P")])
def test_the_verb_that_was_refused_is_named(clinic: Clinic, name: str, verb: str) -> None:
    said = consult(clinic, name).of("prot-refused")["sentence"]
    assert re.match(rf"{verb} is answered by 5\d\d ", said), said


def test_people_read_what_is_wrong_why_and_what_to_write_where(clinic: Clinic) -> None:
    vip = clinic.patients["pasv_address"].vip
    told = ftpair(clinic, "pasv_address", "doctor", "pasv_address").stdout.splitlines()
    assert told[0] == "pasv_address: 1 error"
    assert told[2] == f"  error: B: PASV names 127.9.9.9; the address of the service is {vip}.  [pasv-address]"
    assert told[3] == "    in: explicit TLS 1.3, explicit TLS 1.2"
    assert [line[:9] for line in told[4:6]] == ["    why: ", "    do: L"]
    assert told[6] == f"        B: MasqueradeAddress {vip}"
    assert told[7] == "        all of it: ftpair guide pasv_address B --kind proftpd"


def test_a_probe_file_that_stays_is_named(clinic: Clinic) -> None:
    name = "probe_file_left_behind"
    said = consult(clinic, name, *CASES[name].options).of("write-failed")["sentence"]
    assert re.search(r"^The probe file: RETR: .* (ftpair-doctor-\w+\.tmp) is left behind\.$", said)
    there = {path.name for path in clinic.patients[name].servers[0].site.files.iterdir()}
    assert said.split()[-4] in there


@pytest.mark.parametrize("name", ["pasv_address_private", "idle_timeout"])
def test_the_lines_of_a_finding_mend_the_server(clinic: Clinic, name: str) -> None:
    sick = consult(clinic, name, *CASES[name].options)
    (finding,) = sick.diagnosis["findings"]
    server = clinic.patients[name].servers[NAMES.index(finding["where"])]
    server.stop()
    mended = RealServer(server.program, replace(server.site, settings=(*server.site.settings, *finding["lines"])))
    try:
        mended.start()
        assert consult(clinic, name).diagnosis["findings"] == []
    finally:
        mended.stop()
        server.start()


def check_words(clinic: Clinic, name: str, seen: Consulted) -> None:
    """Check that every finding says what, why, and what to do, by lines that the guide has that it names."""
    for finding in seen.diagnosis["findings"]:
        assert finding["sentence"].endswith(".")
        assert not finding["sentence"].endswith("..")
        assert finding["why"]
        assert finding["remedy"]
        if finding["lines"]:
            guide = ftpair(clinic, name, *finding["guide"].removeprefix("ftpair ").split()).stdout
            assert [line for line in finding["lines"] if line not in guide] == []
