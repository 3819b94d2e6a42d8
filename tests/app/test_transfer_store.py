"""Ended transfers on the disk: found again by every trait, bounded, and no disk that fails ends anything."""

import stat

import pytest

from ftpair.app import transfer_store as room
from ftpair.app.transfer_store import Bounds, TransferStore
from ftpair.core.actions import GetTransferHistory
from tests.observe.examples import transfer

NOW = 1_767_225_600.0
DAY_S = 86400.0


@pytest.fixture
def said():
    return []


@pytest.fixture
def store(tmp_path, said):
    store = TransferStore(tmp_path / "state" / "transfers.sqlite", said.append, now=lambda: NOW)
    yield store
    store.close()


def fill(store, *transfers, at=NOW - 100):
    store.add([(at + number, each) for number, each in enumerate(transfers)])


def found(store, **wanted):
    return [row.path for row in store.find(GetTransferHistory(**wanted))[0]]


def test_a_transfer_is_found_as_the_log_told_of_it(store):
    fill(store, transfer(result="cut", reason="the client's leg was cut", bytes=2**40))
    (row,), following = store.find(GetTransferHistory())
    assert (row.number, row.at, row.service, row.server, row.user) == (1, NOW - 100, "FTPS_VIP", "FTP_SVR1", "anna")
    assert (row.client, row.session, row.verb, row.path, row.direction) == (
        "192.0.2.7:40000",
        "a1",
        "RETR",
        "/a.bin",
        "down",
    )
    assert (row.bytes, row.seconds, row.result, row.reason) == (2**40, 0.5, "cut", "the client's leg was cut")
    assert (row.reply, row.tls, row.server_tls, following) == ("226 Done.", "TLSv1.3", "clear", 0)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"service": "OTHER"}, ["/3"]),
        ({"server": "FTP_SVR2"}, ["/2"]),
        ({"user": "bob"}, ["/4"]),
        ({"client": "192.0.2.8"}, ["/5"]),
        ({"client": "192.0.2.8:1"}, ["/5"]),
        ({"client": "2001:db8::1"}, ["/6"]),
        ({"client": "2001:db8::"}, []),
        ({"path": "6"}, ["/6"]),
        ({"path": "%"}, []),
        ({"result": "complete"}, ["/6", "/5", "/4", "/3", "/2", "/1"]),
        ({"result": "failed"}, ["/9", "/8", "/7"]),
        ({"result": "aborted"}, ["/9"]),
        ({"since": NOW - 93}, ["/9", "/8"]),
        ({"until": NOW - 99}, ["/1"]),
        ({"since": NOW - 98, "until": NOW - 96, "service": "FTPS_VIP"}, ["/4"]),
        ({"user": "nobody"}, []),
    ],
)
def test_transfers_are_found_by_every_trait(store, wanted, expected):
    fill(
        store,
        transfer(path="/1"),
        transfer(path="/2", server="FTP_SVR2"),
        transfer(path="/3", service="OTHER"),
        transfer(path="/4", user="bob"),
        transfer(path="/5", client="192.0.2.8:1"),
        transfer(path="/6", client="[2001:db8::1]:9"),
        transfer(path="/7", result="refused"),
        transfer(path="/8", result="cut"),
        transfer(path="/9", result="aborted"),
    )
    assert found(store, **wanted) == expected


def test_a_search_goes_on_where_the_page_ended(store):
    fill(store, *(transfer(path=f"/{number}") for number in range(25)))
    seen, before = [], 0
    while True:
        rows, before = store.find(GetTransferHistory(limit=10, before=before))
        seen += [row.path for row in rows]
        if not before:
            break
    assert seen == [f"/{number}" for number in reversed(range(25))]
    assert store.find(GetTransferHistory(before=10**9))[0][0].path == "/24"


def test_a_long_search_comes_in_pieces_and_finds_all_the_same(store):
    fill(store, transfer(user="rare"), *[transfer()] * (2 * room.AT_ONCE))
    rows, before = store.find(GetTransferHistory(user="rare", before=room.AT_ONCE + 5))
    assert [row.number for row in rows] == [1]
    assert before == 0


@pytest.mark.parametrize("name", ["a\udcffb", "\ud800", "\x00\x1b[2J", "ä" * 5000, "'; DROP TABLE transfer; --"])
def test_any_name_is_kept_as_text_that_can_be_sent(store, name):
    fill(store, transfer(path=name, user=name, reply=name))
    (row,), _ = store.find(GetTransferHistory())
    row.path.encode()
    assert len(row.path) <= room.LONGEST_TEXT
    assert row.path == row.user == row.reply
    assert found(store) == [row.path]


def test_only_the_owner_may_read_the_file(store, tmp_path):
    fill(store, transfer())
    files = list((tmp_path / "state").iterdir())
    assert "transfers.sqlite" in {file.name for file in files}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_old_ones_are_forgotten_by_number(tmp_path, said):
    store = TransferStore(tmp_path / "t.sqlite", said.append, now=lambda: NOW, bounds=Bounds(rows=500))
    for first in (0, room.PRUNE_EVERY):
        fill(store, *(transfer(path=f"/{first + number}") for number in range(room.PRUNE_EVERY)))
    rows, _ = store.find(GetTransferHistory(limit=1000))
    assert [row.path for row in rows] == [f"/{number}" for number in reversed(range(1500, 2000))]
    store.close()


def test_old_ones_are_forgotten_by_age(tmp_path, said):
    now = [NOW]
    store = TransferStore(tmp_path / "t.sqlite", said.append, now=lambda: now[0])
    fill(store, transfer(path="/old"))
    now[0] += 89 * DAY_S
    fill(store, *[transfer()] * room.PRUNE_EVERY, at=now[0])
    assert found(store, path="/old") == ["/old"]
    now[0] += 2 * DAY_S
    fill(store, *[transfer()] * room.PRUNE_EVERY, at=now[0])
    assert found(store, path="/old") == []
    assert store.find(GetTransferHistory(limit=10**4))[0][-1].number == 2
    store.close()


def test_what_grew_too_old_while_ftpair_did_not_run_is_gone_before_the_first_question(tmp_path, said):
    path = tmp_path / "t.sqlite"
    store = TransferStore(path, said.append, now=lambda: NOW)
    fill(store, transfer(path="/old"))
    store.close()
    store = TransferStore(path, said.append, now=lambda: NOW + 91 * DAY_S)
    assert found(store) == []
    store.close()


def test_transfers_of_a_former_run_are_found(tmp_path, said):
    for path in ("/1", "/2"):
        store = TransferStore(tmp_path / "t.sqlite", said.append, now=lambda: NOW)
        fill(store, transfer(path=path))
        assert store.find(GetTransferHistory())[0][0].path == path
        store.close()
    assert said == []


def test_a_full_disk_is_told_once_and_counted_and_told_when_there_is_room_again(tmp_path, said):
    path = tmp_path / "t.sqlite"
    store = TransferStore(path, said.append, now=lambda: NOW)
    fill(store, transfer(path="/before"))
    store._database.rows("PRAGMA max_page_count = 1")  # As many as there are.
    fill(store, *[transfer(path="/lost" * 100)] * 50)
    fill(store, *[transfer(path="/lost" * 100)] * 20)
    assert store.unrecorded == 70
    assert said == [
        f"{path} cannot be written (database or disk is full): ended transfers are not recorded until it can"
    ]
    store._database.rows("PRAGMA max_page_count = 100000")
    fill(store, transfer(path="/after"))
    assert found(store) == ["/after", "/before"]
    assert said[1:] == [f"{path} is written again; 70 ended transfers are missing in it"]
    store.close()


def test_a_folder_that_cannot_be_used_costs_the_past_but_not_the_present(tmp_path, said):
    in_the_way = tmp_path / "state"
    in_the_way.write_text("a file, where the folder should be")
    store = TransferStore(in_the_way / "transfers.sqlite", said.append, now=lambda: NOW)
    fill(store, transfer(path="/now"))
    assert found(store) == ["/now"]
    assert "ended transfers are kept in memory, for this run only" in said[0]
    store.close()


def test_bytes_are_bounded_too(tmp_path, said):
    store = TransferStore(tmp_path / "t.sqlite", said.append, now=lambda: NOW, bounds=Bounds(bytes=1_000_000))
    for _ in range(5):
        fill(store, *[transfer(path="x" * 900)] * room.PRUNE_EVERY)
    assert (tmp_path / "t.sqlite").stat().st_size < 3_000_000
    store.close()
