from pathlib import Path

from ftpair.session.diagram import render

PAGE = Path(__file__).parents[2] / "docs" / "session-states.md"


def test_the_page_in_the_documentation_is_drawn_from_the_table():
    assert PAGE.read_text(encoding="utf-8") == render()


def test_the_page_shows_what_a_state_waits_for_and_its_clock():
    page = render()
    assert "| settling an abort | the server's reply to ABOR itself | 2 s |" in page
    assert "| ready | the client's next command | `idle_timeout_s` |" in page
    assert "    TRANSFERRING --> CUTTING: ClientSent, DataEnded" in page or "TRANSFERRING --> CUTTING" in page
