"""How long a page's main thread is busy at a stretch, by its own CPU time: other work on the machine does not count."""

import json
from collections.abc import Callable
from typing import Any

from tests.browser.kit.tab import Tab

_CATEGORIES = ["toplevel", "__metadata"]
_TASKS = {"RunTask", "ThreadControllerImpl::RunTask"}


def longest_task_ms(tab: Tab, work: Callable[[], None]) -> float:
    """Return the CPU time of the longest task while `work` is done, in milliseconds."""
    browser = tab.page.context.browser
    assert browser, "the tab is open"
    browser.start_tracing(page=tab.page, categories=_CATEGORIES)
    try:
        work()
    finally:
        events = json.loads(browser.stop_tracing())["traceEvents"]
    return max(map(_cpu_ms, _tasks(events)))


def _tasks(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the tasks of all main threads of pages."""
    names = [event for event in events if event.get("name") == "thread_name"]
    mains = {(event["pid"], event["tid"]) for event in names if event["args"]["name"] == "CrRendererMain"}
    return [event for event in events if event.get("name") in _TASKS and (event["pid"], event["tid"]) in mains]


def _cpu_ms(event: dict[str, Any]) -> float:
    return float(event.get("tdur", 0)) / 1000
