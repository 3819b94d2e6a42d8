"""What ftpair does by itself stands in the audit trail."""

import pytest

from ftpair.app.audit import Audit
from ftpair.app.chronicle import EVERY_S, Chronicle
from ftpair.core.account_actions import GetAudit
from ftpair.core.status import Sample


class Stage:
    """A trail, a clock and counters."""

    def __init__(self, folder):
        self.audit = Audit(folder / "audit.sqlite", print)
        self.now, self.counters = 0.0, []
        self.chronicle = Chronicle(self.audit, lambda: self.counters, lambda: self.now)
        self.chronicle.look()

    def count(self, name, value, *labels):
        self.counters.append(Sample(name, labels, value))

    def told(self):
        return [(row.action, row.subject, row.sentence) for row in self.audit.page(GetAudit(outcome="happened"))]


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path)
    yield stage
    stage.audit.close()


def test_all_that_nobody_ordered_is_told_with_its_number(stage):
    stage.count("ejections_total", 1, "VIP", "A", "connect")
    stage.count("drained_sessions_total", 3, "VIP", "B", "ended")
    stage.count("rescues_total", 12, "VIP", "session", "rescued")
    stage.count("rescues_total", 1, "VIP", "transfer", "failed")
    stage.count("refusals_total", 48, "VIP", "memory")
    stage.count("commands_total", 9, "NOOP")
    stage.chronicle.tell()
    assert sorted(stage.told()) == [
        ("eject", "VIP A", "1 ejection for connect"),
        ("end-drained", "VIP B", "3 sessions ended"),
        ("refuse", "VIP", "48 refusals for memory"),
        ("rescue", "VIP", "1 transfer failed"),
        ("rescue", "VIP", "12 sessions rescued"),
    ]
    (row, *_) = stage.audit.page(GetAudit())
    assert (row.name, row.via) == ("ftpair", "itself")


def test_a_flood_is_one_entry_a_minute_and_nothing_is_told_twice(stage):
    stage.count("refusals_total", 1000, "VIP", "rate")
    stage.chronicle.look()
    assert stage.told() == []
    stage.now = EVERY_S
    stage.chronicle.look()
    stage.count("refusals_total", 500, "VIP", "rate")
    stage.chronicle.look()
    stage.now = 2 * EVERY_S
    stage.chronicle.look()
    assert stage.told() == [("refuse", "VIP", "500 refusals for rate"), ("refuse", "VIP", "1000 refusals for rate")]


def test_what_stood_there_at_the_first_look_was_told_by_who_was_there_before(stage):
    heir = Chronicle(stage.audit, lambda: stage.counters)
    stage.count("refusals_total", 1000, "VIP", "rate")
    heir.tell()
    heir.tell()
    assert stage.told() == []
