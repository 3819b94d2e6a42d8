"""The doctor names what is wrong with a real server that is misconfigured in exactly one way, and nothing else."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.interop.lab.authority import Authority
from tests.interop.lab.clinic import SLICES, Clinic, Consulted, Patient, consult, open_for
from tests.interop.lab.places import fresh_address
from tests.interop.lab.servers.real_server import ServerTls

pytestmark = pytest.mark.interop
Make = Callable[[Clinic], Patient]
HEALTHY: dict[str, tuple[str, ServerTls]] = {
    "vsftpd_explicit": ("vsftpd", "explicit"),
    "vsftpd_implicit": ("vsftpd", "implicit"),
    "ProFTPD_explicit": ("ProFTPD", "explicit"),
    "ProFTPD_implicit": ("ProFTPD", "implicit"),
    "PureFTPd_explicit": ("Pure-FTPd", "explicit"),
    "pyftpdlib_explicit": ("pyftpdlib", "explicit"),
}


def healthy(make: str, tls: ServerTls) -> Make:
    """Return how two servers of a make are set up with nothing to find."""

    def patient(clinic: Clinic) -> Patient:
        vip = fresh_address()
        servers = [clinic.server(make, vip, tls, passive=own) for own in SLICES]
        made = clinic.patient(servers, vip, pairing="port", public_name="ftp.example.org")
        for server, own in zip(made.settings["real_servers"].values(), SLICES, strict=True):
            server["passive"] = "{}-{}".format(*own)
        return made

    return patient


def pasv_address(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("ProFTPD", vip), clinic.server("ProFTPD", "127.9.9.9")], vip)


def pasv_address_private(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("vsftpd", vip)], vip, advertised_address="198.51.100.7")


def passive_port_outside(clinic: Clinic) -> Patient:
    vip = fresh_address()
    return clinic.patient([clinic.server("Pure-FTPd", vip, passive=(22000, 22027))], vip)


SICK: dict[str, tuple[Make, set[tuple[str, str]]]] = {
    "pasv_address": (pasv_address, {("pasv-address", "B")}),
    "pasv_address_private": (pasv_address_private, {("pasv-address-private", "A")}),
    "passive_port_outside": (passive_port_outside, {("passive-port-outside", "A")}),
}


@pytest.fixture(scope="module")
def clinic(lab_folder: Path, authority: Authority) -> Clinic:
    folder = lab_folder / "clinic"
    folder.mkdir()
    return Clinic(folder, authority)


@pytest.fixture(scope="module")
def file(clinic: Clinic) -> Iterator[Path]:
    makes = {name: healthy(*how) for name, how in HEALTHY.items()} | {name: make for name, (make, _) in SICK.items()}
    with open_for(clinic, {name: make(clinic) for name, make in makes.items()}) as file:
        yield file


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_service_has_no_finding(file: Path, name: str) -> None:
    seen = consult(file, name, "--directory", "files", "--write")
    assert (seen.status, seen.diagnosis["findings"]) == (0, [])
    assert seen.diagnosis["logins"] >= 6


def test_the_doctor_leaves_no_file_behind(file: Path, clinic: Clinic) -> None:
    assert not list(clinic.folder.glob("*/home/files/ftpair-doctor*"))


@pytest.mark.parametrize("name", SICK)
def test_what_is_wrong_is_named(file: Path, name: str) -> None:
    seen = consult(file, name)
    assert seen.found == SICK[name][1]
    assert seen.status == 1
    check_words(seen)


def check_words(seen: Consulted) -> None:
    """Check that every finding says what, why, and what to do."""
    for finding in seen.diagnosis["findings"]:
        assert finding["sentence"].endswith(".")
        assert finding["why"]
        assert finding["remedy"]
