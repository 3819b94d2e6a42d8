"""Certificates renewed on the disk are swapped, and nothing else of the file is."""

import asyncio
import contextlib
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from ftpair.app.change import apply
from ftpair.app.renewal import Renewal
from ftpair.core.actions import Applied
from tests.interop.lab.authority import Authority

SETTLE_S = 0.2


@pytest.fixture
def secured(site, tmp_path):
    """The site with a certificate and revocation lists, and who makes new ones."""
    site.authority = Authority(tmp_path)
    identity = site.authority.issue("vip", "127.0.0.1")
    crl = site.authority.revoke(label="clients")

    def write(greeting="Hello."):
        wanted = f"client_certificate: {{ca: {site.authority.ca}, crl: {crl}}}"
        site.write(
            greeting=greeting,
            more=f"    tls: {{certificate: files, {wanted}}}\n"
            f"certificates:\n  files: {{certificate: {identity.certificate}, key: {identity.key}}}",
        )

    site.rewrite = write
    write()
    return site


def play(site, scenario, day_s=1000.0):
    async def whole():
        async with site.running() as node:
            lock = asyncio.Lock()
            task = asyncio.create_task(Renewal(node, lock, day_s, SETTLE_S).run())
            await asyncio.sleep(0.05)
            try:
                await scenario(node, lock)
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    with capture_logs() as lines:
        asyncio.run(whole())
    return lines


async def until(condition, timeout_s=10.0):
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


def chain(node):
    return node.plan.services[0].tls.certificate.chain_pem


def test_a_renewed_certificate_is_swapped_and_every_worker_follows(secured):
    async def scenario(node, _lock):
        before, pids = chain(node), [worker.pid for worker in node.workers]
        renewed = secured.authority.issue("vip", "127.0.0.1")
        await until(lambda: node.plan.revision == 2)
        assert chain(node) == renewed.certificate.read_bytes() != before
        assert node.is_followed()
        assert [worker.pid for worker in node.workers] == pids
        assert node.last_apply.sentence.startswith("revision 2: VIP: certificate files (SHA-256 ")

    play(secured, scenario)


def test_a_path_that_changes_alone_is_watched_from_then_on(secured):
    async def scenario(node, _lock):
        text = secured.path.read_text()
        for name in ("vip.crt", "vip.key"):
            moved = secured.folder / f"moved-{name}"
            moved.write_bytes((secured.folder / name).read_bytes())
            moved.chmod(0o600)
            text = text.replace(str(secured.folder / name), str(moved))
        secured.path.write_text(text)
        assert await apply(node) == Applied(2, ()), "the text is another, and so is the revision"
        renewed = secured.authority.issue("vip", "127.0.0.1")
        for label, path in (("vip.crt", renewed.certificate), ("vip.key", renewed.key)):
            (secured.folder / f"moved-{label}").write_bytes(path.read_bytes())
        renewed.certificate.write_text("gone")
        await until(lambda: node.plan.revision == 3)
        assert chain(node) == (secured.folder / "moved-vip.crt").read_bytes()

    play(secured, scenario)


def test_a_renewal_does_not_hide_that_the_file_was_refused(secured):
    async def scenario(node, _lock):
        secured.path.write_text(secured.path.read_text() + "colour: red\n")
        refused = await apply(node)
        secured.authority.issue("vip", "127.0.0.1")
        await until(lambda: node.plan.revision == 2)
        await asyncio.sleep(SETTLE_S)
        assert (node.last_apply.is_successful, node.last_apply.sentence) == (False, f"refused: {refused.sentence}")

    lines = play(secured, scenario)
    assert [line["event"] for line in lines].count("applied") == 1


def test_nothing_else_of_the_file_comes_with_it(secured):
    async def scenario(node, _lock):
        secured.rewrite(greeting="Not yet.")
        secured.authority.issue("vip", "127.0.0.1")
        await until(lambda: node.plan.revision == 2)
        assert node.plan.services[0].greeting == "Hello."

    play(secured, scenario)


def test_a_pair_that_does_not_fit_yet_is_awaited_and_told_once(secured):
    async def scenario(node, _lock):
        identity = secured.folder / "vip.crt"
        before, own = chain(node), identity.read_bytes()
        (secured.folder / "elsewhere").mkdir()
        other = Authority(secured.folder / "elsewhere").issue("other").certificate.read_bytes()
        identity.write_bytes(other)
        await asyncio.sleep(3 * SETTLE_S)
        identity.write_bytes(other)
        await asyncio.sleep(3 * SETTLE_S)
        assert (chain(node), node.plan.revision) == (before, 1)
        identity.write_bytes(own + b"\n")
        await until(lambda: node.plan.revision == 2)

    lines = play(secured, scenario)
    (warning,) = [line["event"] for line in lines if line["log_level"] == "warning"]
    assert "certificates.files.key: does not fit the certificate (CN=other)" in warning
    assert warning.endswith("; the former one is used on")


@pytest.mark.parametrize("name", ["vip.crt", "vip.key", "clients.crl", "ca.pem"])
def test_a_file_that_is_gone_is_told_once_and_taken_up_when_it_comes_back(secured, name):
    async def scenario(node, _lock):
        file, before = secured.folder / name, node.plan
        content = file.read_bytes()
        file.unlink()
        await asyncio.sleep(3 * SETTLE_S)
        (secured.folder / "vip.pem").unlink()  # A neighbour that nobody named.
        await asyncio.sleep(3 * SETTLE_S)
        assert node.plan is before
        file.touch(mode=0o600)
        file.write_bytes(content + b"\n")
        await until(lambda: node.plan.revision == 2)
        file.rename(file.with_suffix(".away"))
        await asyncio.sleep(3 * SETTLE_S)

    lines = play(secured, scenario)
    first, second = [line["event"] for line in lines if line["log_level"] == "warning"]
    gone = f"{secured.folder / name} does not exist: create it, or write another path; the former one is used on"
    assert first.endswith(gone)
    assert first.startswith("line ")
    assert second == first


def test_a_new_revocation_list_is_used_and_an_expired_one_is_not(secured):
    async def scenario(node, _lock):
        ann = secured.authority.issue("ann")
        fresh = secured.authority.revoke(ann, label="clients").read_bytes()
        await until(lambda: node.plan.revision == 2)
        assert node.plan.services[0].tls.client_certificate.crl_pem == fresh
        secured.authority.revoke(label="clients", next_update=timedelta(days=-1))
        await asyncio.sleep(3 * SETTLE_S)
        assert node.plan.services[0].tls.client_certificate.crl_pem == fresh

    lines = play(secured, scenario)
    assert any("client_certificate.crl: " in line["event"] and "expired on" in line["event"] for line in lines)


def test_an_apply_and_a_renewal_do_not_run_into_each_other(secured):
    async def scenario(node, lock):
        async with lock:
            secured.authority.issue("vip", "127.0.0.1")
            await asyncio.sleep(3 * SETTLE_S)
            assert node.plan.revision == 1
        await until(lambda: node.plan.revision == 2)

    play(secured, scenario)


def test_what_soon_expires_is_told_every_day_once(secured):
    secured.authority.revoke(label="clients", next_update=timedelta(hours=5))

    async def scenario(_node, _lock):
        await asyncio.sleep(1.5)

    lines = play(secured, scenario, day_s=0.6)
    told = [line["event"] for line in lines if "expires on" in line["event"]]
    assert len(told) == 2
    assert told[0].startswith("warning: line ")


def test_a_node_that_stops_renews_nothing(secured):
    async def scenario(node, _lock):
        node.is_draining = True
        secured.authority.issue("vip", "127.0.0.1")
        await asyncio.sleep(3 * SETTLE_S)
        assert node.plan.revision == 1

    play(secured, scenario)
