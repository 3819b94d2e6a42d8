"""The examiners of TLS look at both entrances: sslyze with Mozilla's intermediate profile, and testssl.sh."""

import json
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.lab import parts
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import entry, running, service, settings
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address

pytestmark = [pytest.mark.interop, pytest.mark.timeout(600)]
ENTRANCES = {"explicit": CONTROL_PORT, "implicit": IMPLICIT_PORT}
OLDER = re.findall(r'ciphers: "(.*)"', (parts.REPOSITORY / "docs" / "tls.md").read_text())
"""What the page gives to Windows of 2012."""
FROM_THE_TEST = {"cert_expirationStatus", "cert_notAfter", "cert_revocation", "cert_chain_of_trust", "cert_trust"}
"""What testssl.sh says of a certificate that this run has made and signed for 60 days."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A service as it comes, and one for older clients."""

    plain: str
    older: str
    authority: Authority


@pytest.fixture(scope="module")
def examined(lab_folder: Path, authority: Authority) -> Iterator[Examined]:
    folder = lab_folder / "examined"
    folder.mkdir()
    plain, older, nobody = fresh_address(), fresh_address(), fresh_address()
    pool = {"SVR": entry(nobody)}
    services = {
        "PLAIN": service(plain, pool, health={"check": "off"}),
        "OLDER": service(older, pool, health={"check": "off"}, tls={"ciphers": OLDER[0]}),
    }
    with running(folder, settings(folder, authority, services)):
        yield Examined(plain, older, authority)


def deviations(host: str, entrance: str) -> dict[str, str]:
    """Return what sslyze finds against Mozilla's intermediate profile, but for the test's own authority."""
    starttls = ["--starttls=ftp"] if entrance == "explicit" else []
    program = parts.present(parts.TOOLS / "sslyze" / "bin" / "sslyze", "sslyze")
    command = [program, "--mozilla_config=intermediate", *starttls, f"{host}:{ENTRANCES[entrance]}"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False).stdout
    assert "COMPLIANCE AGAINST" in said, said
    found = dict(re.findall(r"^ +\* (\w+): (.*)$", said.partition("COMPLIANCE AGAINST")[2], re.MULTILINE))
    assert found or "OK - Compliant" in said, said
    found.pop("certificate_path_validation", None)
    return found


@pytest.mark.parametrize("entrance", list(ENTRANCES))
def test_without_settings_mozillas_intermediate_profile_is_met(examined: Examined, entrance: str) -> None:
    assert deviations(examined.plain, entrance) == {}


def test_older_clients_cost_two_ciphers_and_nothing_else(examined: Examined) -> None:
    found = deviations(examined.older, "implicit")
    assert {name: set(re.findall(r"'(\w+)'", text)) for name, text in found.items()} == {
        "ciphers": {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"}
    }


def test_a_client_of_2012_is_served_where_it_is_asked_for(examined: Examined) -> None:
    """Windows of that year has CBC with SHA-2, beside GCM for ECDSA certificates only: here it is given no GCM."""
    context = ssl.create_default_context(cafile=str(examined.authority.ca))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384")
    with socket.create_connection((examined.plain, IMPLICIT_PORT), 10) as sock, pytest.raises(ssl.SSLError):
        context.wrap_socket(sock, server_hostname=examined.plain)
    with socket.create_connection((examined.older, IMPLICIT_PORT), 10) as sock:
        assert "ECDHE-ECDSA-AES256-SHA384" in (context.wrap_socket(sock, server_hostname=examined.older).cipher() or ())


@pytest.mark.parametrize("entrance", list(ENTRANCES))
def test_testssl_finds_nothing_of_medium_severity_or_worse(examined: Examined, entrance: str, tmp_path: Path) -> None:
    findings = tmp_path / "findings.json"
    starttls = ["--starttls", "ftp"] if entrance == "explicit" else []
    quietly = ["--quiet", "--warnings", "off", "--color", "0", "--ip", "one"]
    what = ["--protocols", "--std", "--server-preference", "--fs", "--server-defaults", "--vulnerable"]
    told = ["--jsonfile", str(findings), "--add-ca", str(examined.authority.ca)]
    place = f"{examined.plain}:{ENTRANCES[entrance]}"
    command = [parts.program("testssl"), *starttls, *quietly, *what, *told, place]
    said = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False).stdout
    seen = {found["id"]: found for found in json.loads(findings.read_text())}
    assert {"heartbleed", "TLS1_2", "TLS1_3", "secure_renego", "cert_keySize"} <= seen.keys(), said
    bad = [found for found in seen.values() if found["severity"] in {"MEDIUM", "HIGH", "CRITICAL"}]
    assert [found for found in bad if found["id"].split(" ")[0] not in FROM_THE_TEST] == []
