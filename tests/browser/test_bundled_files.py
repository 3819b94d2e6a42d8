"""The bundled files of others do what the pages need them for, and none of it breaks a strict policy."""

from playwright.sync_api import expect

from ftpair.web.static import asset

MENU = """<main><h1>Menu</h1>
<div class="dropdown"><button class="btn dropdown-toggle" data-bs-toggle="dropdown" type="button">Account</button>
<div class="dropdown-menu"><a class="dropdown-item" href="#out">Log out</a></div></div>
<svg class="icon" id="icon" aria-hidden="true"><use href="{icons}#server"></use></svg></main>"""
MORPHED = """<main hx-ext="morph"><h1>Morph</h1>
<button class="btn" type="button" hx-get="/part" hx-target="#part" hx-swap="morph">Renew</button>
<div id="part"><a id="kept" href="#x">Kept</a><p id="said">old</p></div></main>"""
CHART = '<main><h1>Chart</h1><div id="chart" role="img" aria-label="Bytes per second"></div></main>'
DRAWN = """
const plot = new uPlot({width: 400, height: 200, series: [{}, {label: "bytes", stroke: "#206bc4", fill: "#206bc422"}]},
                       [[1, 2, 3], [10, 30, 20]], document.getElementById("chart"));
document.title = `drawn ${plot.root.querySelector("canvas").width > 0}`;
"""


def test_a_menu_opens_and_its_icon_is_drawn(visit, shown):
    tab = visit(shown.url)
    tab.page.goto(shown.show("menu", MENU.format(icons=asset("vendor/icons.svg"))))
    tab.page.get_by_role("button", name="Account").click()
    expect(tab.page.get_by_role("link", name="Log out")).to_be_visible()
    box = tab.page.evaluate("document.querySelector('#icon use').getBBox().width")
    assert box > 10


def test_a_part_is_renewed_in_place(visit, shown):
    tab = visit(shown.url)
    shown.part("/part", '<div id="part"><p id="said">new</p><a id="kept" href="#x">Kept</a></div>')
    tab.page.goto(shown.show("morph", MORPHED))
    tab.page.evaluate("document.getElementById('kept').mark = 'the same element'")
    tab.page.get_by_role("button", name="Renew").click()
    expect(tab.page.locator("#said")).to_have_text("new")
    assert tab.page.evaluate("document.getElementById('kept').mark") == "the same element"


def test_a_chart_is_drawn(visit, shown):
    tab = visit(shown.url)
    tab.page.goto(shown.show("chart", CHART, DRAWN))
    expect(tab.page).to_have_title("drawn true")
