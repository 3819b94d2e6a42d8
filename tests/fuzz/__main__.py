"""`make fuzz`: the session under hypothesis (profile `deep`), then every target under atheris; figures for the docs.

python -m tests.fuzz [--events 1000000] [--seconds 60] [--only session lines ...] [--write]
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.session_model import play
from tests.fuzz.targets import TARGETS
from tests.fuzz.test_session import CONVERSATIONS

DOCUMENT = Path(__file__).parents[2] / "docs" / "fuzzing.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
ROUND = 2000
"""Conversations from one look at the count of events to the next."""
DONE = re.compile(r"Done (\d+) runs in (\d+) second")
COVERAGE = re.compile(r"cov: (\d+)")

settings.register_profile(
    "deep",
    max_examples=ROUND,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True, slots=True)
class Row:
    """What one search did."""

    target: str
    tool: str
    tries: str
    seconds: float
    finding: str = ""

    def __str__(self) -> str:
        return f"| {self.target} | {self.tool} | {self.tries} | {self.seconds:.0f} s | {self.finding or 'nothing'} |"


def deep(wanted: int) -> Row:
    """Play conversations until there were so many events. Raises AssertionError with the shortest one that fails."""
    counted = conversations = 0

    @settings(settings.get_profile("deep"))
    @given(CONVERSATIONS)
    def whatever_happens(data: bytes) -> None:
        nonlocal counted, conversations
        conversations += 1
        counted += play(data)

    began = time.monotonic()
    while counted < wanted:
        whatever_happens()
    tries = f"{counted:,} events in {conversations:,} conversations"
    return Row("session", "hypothesis, profile `deep`", tries, time.monotonic() - began)


def search(target: str, seconds: int) -> Row:
    """Let atheris look for bytes that break a target; the bytes of a finding stay in a folder that is named."""
    corpus = Path(tempfile.mkdtemp(prefix=f"ftpair-fuzz-{target}-"))
    command = [sys.executable, "-m", "tests.fuzz.search", target, str(corpus), f"-max_total_time={seconds}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    runs, took = (DONE.findall(done.stderr) or [("0", "0")])[-1]
    reached = COVERAGE.findall(done.stderr)
    finding = "" if done.returncode == 0 else f"see {corpus}"
    if finding:
        print(done.stderr[-3000:])
    tries = f"{int(runs):,} runs, {reached[-1] if reached else 0} places of the code reached"
    return Row(target, "atheris", tries, float(took), finding)


def rows(given_: argparse.Namespace) -> Iterator[Row]:
    """Do all that is wanted, one after the other."""
    if given_.events and "session" in given_.only:
        yield deep(given_.events)
    if given_.seconds:
        yield from (search(target, given_.seconds) for target in given_.only)


def written(text: str, table: list[str]) -> str:
    """Return the document with new figures between its marks."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return "\n".join([f"{before}{BEGIN}", "", *table, "", f"{END}{after}"])


def main() -> int:
    """Search; return 1 if something was found."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--only", nargs="+", choices=sorted(TARGETS), default=sorted(TARGETS))
    parser.add_argument("--write", action="store_true", help="write the figures into docs/fuzzing.md")
    given_ = parser.parse_args()
    table = ["| what | by | tried | in | found |", "|---|---|---|---|---|"]
    print(*table, sep="\n", flush=True)
    is_clean = True
    for row in rows(given_):
        is_clean = is_clean and not row.finding
        table.append(str(row))
        print(row, flush=True)
    if given_.write:
        stamp = f"Run on {datetime.now(UTC):%Y-%m-%d} with Python {sys.version.split()[0]}."
        DOCUMENT.write_text(written(DOCUMENT.read_text(), [stamp, "", *table]))
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
