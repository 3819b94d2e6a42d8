"""`make chaos`: every fault under load, and what it costs.

Status 1 if a file is wrong, if a service stays away, or if a change costs something.

python -m tests.chaos [--only NAME ...] [--on ftp ftps haproxy builtin] [--seconds 5] [--times N] [--write]
"""

import argparse
import random
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from tests.chaos import report
from tests.chaos.scenario import EVERYWHERE, Figures, Kind, Run, Scenario, scenarios
from tests.interop.lab.authority import Authority


def played(scenario: Scenario, kind: Kind, given: argparse.Namespace, authority: Authority, folder: Path) -> Figures:
    """Play a scenario on a kind of service."""
    times = given.times or scenario.times
    chance = random.Random(f"{scenario.name} {kind}")
    return scenario.play(Run(kind, folder / f"{scenario.name}-{kind}", authority, given.seconds, times, chance))


def chosen(given: argparse.Namespace) -> Iterator[tuple[Scenario, Kind]]:
    """Return what is to be played."""
    known = scenarios()
    for name in given.only or known:
        for kind in known[name].on:
            if kind in given.on:
                yield known[name], kind


def judged(scenario: Scenario, kind: Kind, figures: Figures) -> list[str]:
    """Return what must not be, in sentences."""
    place = f"{scenario.name} on {kind}"
    found = [f"{place}: {what}" for what in (*figures.wrong, *figures.undue)]
    return found + ([f"{place}: service did not come back"] if figures.seconds is None else [])


def explain(figures: Figures) -> None:
    """Say on stderr what clients were told, and who waited longest."""
    lines = [f"    {count} x {reason}" for reason, count in figures.reasons]
    lines += [f"    {client} was served {late:.1f} s late" for client, late in figures.latest if late > 1]
    print("".join(f"{line}\n" for line in lines), end="", file=sys.stderr, flush=True)


def main() -> int:
    """Play what is wanted; return 1 if anything is wrong."""
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument(
        "--only", nargs="+", choices=sorted(scenarios()), metavar="NAME", help="scenarios; all, if none"
    )
    parser.add_argument("--on", nargs="+", choices=EVERYWHERE, default=EVERYWHERE, help="kinds of service")
    parser.add_argument("--seconds", type=float, default=3, help="load before and after each fault")
    parser.add_argument("--times", type=int, help="how often a fault is repeated, where it is")
    parser.add_argument("--list", action="store_true", help="name the scenarios and end")
    parser.add_argument("--write", action="store_true", help="write the table into docs/reliability.md")
    given = parser.parse_args()
    if given.list:
        print(*(f"{each.name}: {each.sentence}" for each in scenarios().values()), sep="\n")
        return 0
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    lines, troubles, began = list(report.HEAD), [], time.monotonic()
    print(*lines, sep="\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="ftpair-chaos-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        authority = Authority(folder)
        for scenario, kind in chosen(given):
            try:
                figures = played(scenario, kind, given, authority, folder)
            except Exception:  # noqa: BLE001 - One scenario that fails does not keep the others from being played.
                traceback.print_exc()
                troubles.append(f"{scenario.name} on {kind}: it could not be played, see above")
                continue
            lines.append(report.row(scenario, kind, figures))
            troubles += judged(scenario, kind, figures)
            print(lines[-1], flush=True)
            explain(figures)
    print(*(troubles or ["no file is wrong"]), sep="\n")
    if given.write and not troubles:
        table = [report.stamp(time.monotonic() - began), "", *lines]
        report.DOCUMENT.write_text(report.written(report.DOCUMENT.read_text(), table))
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
