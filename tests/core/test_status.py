from dataclasses import replace

from ftpair.core.status import SessionRow

ROW = SessionRow("1", "VIP", "192.0.2.7:4", "explicit", "anna", "B", "ready", "clear", 1.0, 0.0, 0, 0, 0, "NOOP", 0)


def test_a_session_tells_where_it_is_and_where_it_came_from():
    assert ROW.server_in_words == "B"
    assert replace(ROW, rescued_from="A").server_in_words == "B (rescued from A)"
    assert replace(ROW, rescued_from="A", removed="server").server_in_words == "B (removed, rescued from A)"
