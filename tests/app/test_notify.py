"""What systemd hears."""

import socket

import pytest

from ftpair.app.notify import notify


@pytest.mark.parametrize("is_abstract", [False, True])
def test_systemd_hears_the_state(tmp_path, monkeypatch, is_abstract):
    name = f"@{tmp_path}/notify" if is_abstract else f"{tmp_path}/notify"
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name.replace("@", "\0", 1))
        notify("READY=1")
        systemd.settimeout(5)
        assert systemd.recv(100) == b"READY=1"


def test_nothing_happens_without_systemd(tmp_path, monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", f"{tmp_path}/nobody")
    notify("READY=1")
