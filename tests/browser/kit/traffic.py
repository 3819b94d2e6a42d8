"""Five minutes of traffic for the charts, without waiting for them."""

from tests.browser.kit.tab import Tab

_FIVE_MINUTES = """() => {
    const now = Math.round(Date.now() / 1000);
    const wave = (second, length) => 1 + Math.sin(second / length);
    let up = 0, down = 0;
    for (let at = now - 300; at <= now; at += 1) {
        down += 2 ** 20 * (18 * wave(at, 23) + 4 * wave(at, 5) + 3);
        up += 2 ** 20 * (5 * wave(at, 41) * wave(at, 9) + 1);
        const sessions = Math.round(34 + 9 * wave(at, 37)), transfers = Math.round(5 * wave(at, 23) + wave(at, 5));
        document.dispatchEvent(new CustomEvent("figures", {detail: {at, up, down, sessions, transfers}}));
    }
}"""


def let_five_minutes_pass(tab: Tab) -> None:
    """Let the page hear at once what its stream would tell in five minutes; the stream itself has to wait."""
    tab.page.route("**/live/**", lambda _stream: None)
    tab.page.reload()
    tab.page.evaluate(_FIVE_MINUTES)
