"""What several tests of the data plane need."""

import ssl
from pathlib import Path

import pytest

from .certificates import self_signed


@pytest.fixture
def server_context(tmp_path: Path) -> ssl.SSLContext:
    """The TLS of a scripted server, with the certificate that `verified()` trusts."""
    pem = tmp_path / "scripted.pem"
    pem.write_bytes(self_signed().chain_pem + self_signed().key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
