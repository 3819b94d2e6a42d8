"""What a reader sees: the table on the terminal, bench/results.json, and the table that README quotes from it.

`python -m bench.report` writes README's table anew from the results.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.rows import ROWS, History

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results.json"
README = ROOT / "README.md"
PEERS = ("direct", "haproxy", "mod_proxy", "ftpair")
ENGINES = ("tcp_haproxy", "tcp_builtin")
TCP_HEADINGS = ("TCP mode", "unit", "direct", "HAProxy by hand", "engine: haproxy", "ratio", "engine: builtin", "ratio")
MARKED = re.compile(r"(<!-- bench:begin -->\n).*?(<!-- bench:end -->)", re.DOTALL)
WIDTH = 190
VERDICTS = {True: "met", False: "missed", None: ""}


def rows(history: History) -> list[dict[str, Any]]:
    """Return every row that was measured, as plain data."""
    measured = [(row, row.spreads(history)) for row in ROWS]
    return [
        {
            "figure": row.figure,
            "unit": row.unit,
            "values": {
                peer: {name: round(getattr(spread, name), 4) for name in ("min", "median", "max")}
                for peer, spread in spreads.items()
            },
            "ratio": None if (ratio := row.ratio(spreads)) is None else round(ratio, 3),
            "target": row.target.text if row.target else None,
            "target_met": row.is_met(spreads),
        }
        for row, spreads in measured
        if spreads
    ]


def show(results: dict[str, Any]) -> None:
    """Print the table of a comparison."""
    table = Table(title="ftpair beside its peers: median (min-max)", title_justify="left")
    for heading in ("figure", "unit", *PEERS, "ratio", "target", ""):
        table.add_column(heading, justify="left" if heading in {"figure", "unit", "target", ""} else "right")
    for row in results["rows"]:
        spreads = [_spread(row["values"].get(peer)) for peer in PEERS]
        style = {True: "green", False: "red", None: "dim"}[row["target_met"]]
        table.add_row(row["figure"], row["unit"], *spreads, *_verdict(row), style=None if row["target"] else style)
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(table)
    if engines := _tcp_rows(results, _spread):
        console.print(_tcp_table(engines))


def save(results: dict[str, Any]) -> None:
    """Write the results, and README's table from them."""
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    quote(results)


def quote(results: dict[str, Any]) -> None:
    """Write README's table anew."""
    README.write_text(quoted(README.read_text(), results))


def quoted(page: str, results: dict[str, Any]) -> str:
    """Return a page with the results between its marks."""
    return MARKED.sub(lambda marks: marks[1] + _markdown(results) + marks[2], page)


def _markdown(results: dict[str, Any]) -> str:
    machine, versions = results["machine"], results["versions"]
    lines = [
        "| figure | unit | " + " | ".join(PEERS) + " | ratio | target | |",
        "|---" * 2 + "|--:" * 5 + "|---" * 2 + "|",
    ]
    for row in results["rows"]:
        medians = [_median(row["values"].get(peer)) for peer in PEERS]
        lines.append("| " + " | ".join([row["figure"], row["unit"], *medians, *_verdict(row)]) + " |")
    if engines := _tcp_rows(results, _median):
        lines += ["", "| " + " | ".join(TCP_HEADINGS) + " |", "|---" * 2 + "|--:" * 6 + "|"]
        lines += ["| " + " | ".join(cells) + " |" for cells in engines]
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"{results['date'][:10]}, {machine['cores']} cores ({machine['cpu']}), Linux {machine['kernel']}; {told}. "
        f"Medians of {results['settings']['rounds']} rounds.\n\n" + "\n".join(lines) + "\n"
    )


def _tcp_table(engines: list[list[str]]) -> Table:
    table = Table(title="TCP mode beside HAProxy configured by hand", title_justify="left")
    for number, heading in enumerate(TCP_HEADINGS):
        table.add_column(heading, justify="left" if number < 2 else "right")
    for cells in engines:
        table.add_row(*cells)
    return table


def _tcp_rows(results: dict[str, Any], written: Callable[[dict[str, float] | None], str]) -> list[list[str]]:
    """Return the cells beneath TCP_HEADINGS: the rows of the comparison in which an engine of TCP mode took part."""
    lines = []
    for row in results["rows"]:
        values = row["values"]
        if not any(engine in values for engine in ENGINES):
            continue
        cells = [row["figure"], row["unit"], written(values.get("direct")), written(values.get("haproxy"))]
        for engine in ENGINES:
            cells += [written(values.get(engine)), _ratio(values.get(engine), values.get("haproxy"))]
        lines.append(cells)
    return lines


def _ratio(ours: dict[str, float] | None, theirs: dict[str, float] | None) -> str:
    return f"{ours['median'] / theirs['median']:.2f}" if ours and theirs and theirs["median"] > 0 else ""


def _verdict(row: dict[str, Any]) -> list[str]:
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
    return [ratio, row["target"] or "", VERDICTS[row["target_met"]]]


def _spread(value: dict[str, float] | None) -> str:
    if value is None:
        return ""
    if value["min"] == value["max"]:
        return _number(value["median"])
    return f"{_number(value['median'])} ({_number(value['min'])}-{_number(value['max'])})"


def _median(value: dict[str, float] | None) -> str:
    return "" if value is None else _number(value["median"])


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    quote(json.loads(RESULTS.read_text()))
