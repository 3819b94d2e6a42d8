"""axe in the page: what breaks WCAG 2.2 A or AA, in words that say where and what to do."""

import functools
from typing import Any

from tests.browser.kit.tab import Tab
from tests.interop.lab import parts

_RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def assert_accessible(tab: Tab) -> None:
    """Fail if axe finds anything in the page as it stands."""
    found = findings(tab)
    assert not found, f"{tab.page.url} ({tab.look})\n" + "\n".join(found)


def findings(tab: Tab) -> list[str]:
    """Return what axe finds: rule, place, remedy."""
    tab.page.evaluate(_axe())
    result = tab.page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", _RULES)
    return [_told(rule, node) for rule in result["violations"] for node in rule["nodes"]]


def _told(rule: dict[str, Any], node: dict[str, Any]) -> str:
    place = " ".join(str(step) for step in node["target"])
    return f"{rule['id']}: {rule['help']}\n  at {place}: {node['html'][:160]}\n  {node['failureSummary']}"


@functools.cache
def _axe() -> str:
    return parts.axe().read_text()
