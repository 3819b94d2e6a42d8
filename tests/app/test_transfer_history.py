"""The history of transfers in the supervisor: from the workers' beats to the answer, and nothing lost in silence."""

import asyncio
import ftplib
import json
import threading

import pytest

from ftpair.app.actions import Actions
from ftpair.app.clerk import MOST_WAITING
from ftpair.app.transfer_history import SAY_EVERY_S, TransferHistory
from ftpair.core.actions import GetTransferHistory, Refused
from ftpair.core.messages import TransfersEnded
from tests.app.asking import AskedLocally
from tests.app.test_supervisor import SIZE, real_server, running, until  # noqa: F401 - a fixture.
from tests.observe.examples import transfer


def test_what_workers_tell_is_answered(site):
    async def whole():
        async with site.running() as node:
            node.child_said(node.workers[0], TransfersEnded(((1e9 * 2, transfer(path="/a")),)))
            answer = await AskedLocally(Actions(node)).answer(GetTransferHistory(user="anna"))
            assert [row.path for row in answer.transfers] == ["/a"]
            assert (answer.next, answer.unrecorded) == (0, 0)

    asyncio.run(whole())


def test_what_is_missing_is_counted_and_said_once_a_minute(tmp_path):
    said, now = [], [0.0]
    history = TransferHistory(tmp_path, said.append, clock=lambda: now[0])
    for _ in range(3):
        history.hear(TransfersEnded((), unrecorded=5))
    assert said == ["5 transfers are missing in the history: more ended at a time than a worker tells of"]
    now[0] += SAY_EVERY_S
    history.hear(TransfersEnded((), unrecorded=1))
    assert said[1:] == ["11 transfers are missing in the history: more ended at a time than a worker tells of"]
    assert asyncio.run(history.find(GetTransferHistory())).unrecorded == 16
    history.close()


def test_a_disk_that_hangs_stops_nobody_and_a_question_is_refused_in_time(tmp_path):
    said, goes_on = [], threading.Event()
    history = TransferHistory(tmp_path, said.append, timeout_s=0.2)
    history._clerk.post(lambda _store: goes_on.wait(20))
    for _ in range(MOST_WAITING + 3):
        history.hear(TransfersEnded(((2e9, transfer()),)))
    assert "transfers are missing in the history: the disk is too slow" in said[0]
    answer = asyncio.run(history.find(GetTransferHistory()))
    assert isinstance(answer, Refused)
    assert answer.kind == "busy"
    goes_on.set()
    history.close()


def test_a_disk_that_cannot_be_read_is_one_sentence(tmp_path):
    history = TransferHistory(tmp_path, print)

    async def broken():
        await history._clerk.ask(lambda store: store.close())
        return await history.find(GetTransferHistory())

    answer = asyncio.run(broken())
    assert isinstance(answer, Refused)
    assert answer.sentence.startswith("the history of transfers cannot be read (Cannot operate on a closed database")
    assert answer.sentence.endswith(f"stop ftpair, move {tmp_path / 'transfers.sqlite'} away, and it begins anew")


def test_a_file_that_a_client_fetched_stands_in_the_history_over_a_restart(site, real_server):  # noqa: F811
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        with ftplib.FTP() as client:
            client.connect("127.0.0.1", site.port, timeout=20)
            client.login()
            client.retrbinary("RETR large.bin", lambda _block: None)
            with pytest.raises(ftplib.error_perm):
                client.retrbinary("RETR =not-there", print)
        history = "/api/v1/transfers/history"
        until(lambda: len(ftpair.api(history).json()["transfers"]) == 2)
        failed, fetched = ftpair.api(history).json()["transfers"]
        assert (fetched["path"], fetched["result"], fetched["bytes"]) == ("large.bin", "complete", SIZE)
        assert failed["result"] == "refused"
        assert ftpair.end() == 0
        logged = [line for line in ftpair.log.read_text().splitlines() if '"transfer ended"' in line]
        assert [json.loads(line)["result"] for line in logged] == [fetched["result"], failed["result"]]
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        sheet = ftpair.api(history, params={"format": "csv", "result": "failed"})
        assert sheet.headers["content-type"].startswith("text/csv")
        assert ",RETR,'=not-there,down,0," in sheet.text.splitlines()[1]
        assert ftpair.end() == 0
