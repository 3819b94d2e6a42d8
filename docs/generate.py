"""Writes the generated pages of the documentation anew; --check only names the stale ones and the broken links."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import typer

from ftpair.cli.main import EPILOG, app
from ftpair.config.reference import refreshed
from ftpair.ftp.verbs import ROWS, Verb
from ftpair.probes.doctor import catalogue, remedies
from ftpair.session.diagram import render

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
WIDTH = 100
MADE = "<!-- Made by `make docs`; do not edit. -->\n"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]*)(#[^)\s]*)?\)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
BLAME = (
    "What is wrong with the file, whoever starts ftpair, is 3. What the machine or the rights of who starts it do "
    "not allow is 1: a port in use, no right to port 21 or to `active_source_port: 20`, too few descriptors."
)
DOINGS = {
    "pass": "passed on to the server",
    "handle": "handled by ftpair",
    "refuse": "refused",
    "close": "the connection is closed",
}


def pages() -> dict[Path, str]:
    configuration = DOCS / "configuration.md"
    doctor = DOCS / "doctor.md"
    return {
        doctor: with_tables(doctor.read_text(encoding="utf-8")),
        DOCS / "cli.md": cli(),
        DOCS / "session-states.md": render(),
        DOCS / "verbs.md": verbs(),
        configuration: refreshed(configuration.read_text(encoding="utf-8")),
    }


def cli() -> str:
    group = typer.main.get_command(app)
    chapters = [_command(name, command) for name, command in group.commands.items()]  # type: ignore[attr-defined]
    return f"{MADE}# Command line\n\nData go to stdout, talk to stderr. {EPILOG} {BLAME}\n\n" + "\n".join(chapters)


def with_tables(page: str) -> str:
    """Put the doctor's own tables between their marks."""
    for name, lines in (("findings", catalogue.table()), ("makes", remedies.table())):
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}" + "".join(f"{line}\n" for line in lines) + end + rest.partition(end)[2]
    return page


def _command(name: str, command: click.Command) -> str:
    command.epilog = None
    settings = {"terminal_width": WIDTH, "max_content_width": WIDTH, **command.context_settings}
    context = click.Context(command, info_name=f"ftpair {name}", **settings)
    return f"## ftpair {name}\n\n```text\n{command.get_help(context)}\n```\n"


def verbs() -> str:
    rows = "\n".join(_verb(row) for row in sorted(ROWS, key=lambda row: row.name))
    return (
        f"{MADE}# FTP verbs\n\nWhat ftpair does with each verb that a client may send. An unknown verb of plausible "
        "form is passed on after login, because the server knows best. Should it open a data connection (the server "
        "answers 1xx), ftpair cannot know which way the data go: it resets the data connection, and the client gets "
        "the server's own reply to that.\n\n"
        f"| verb | RFC | what happens | needs login | its own answer |\n|---|---|---|---|---|\n{rows}\n"
    )


def _verb(row: Verb) -> str:
    return f"| {row.name} | {row.rfc} | {DOINGS[row.do]} | {'yes' if row.needs_login else 'no'} | {row.reply} |"


def broken_links() -> Iterator[str]:
    for page in sorted([*DOCS.glob("*.md"), *ROOT.glob("*.md")]):
        for path, anchor in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
            if "://" in path or path.startswith("mailto:"):
                continue
            target = (page.parent / path).resolve() if path else page
            if not target.exists():
                yield f"{page.relative_to(ROOT)}: {path} does not exist"
            elif anchor and target.suffix == ".md" and anchor[1:] not in _anchors(target):
                yield f"{page.relative_to(ROOT)}: {path}{anchor} has no such heading"


def _anchors(page: Path) -> set[str]:
    headings = HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def main() -> int:
    stale = {path: text for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text}
    if "--check" in sys.argv:
        problems = [f"{path.relative_to(ROOT)} is out of date: run `make docs`" for path in stale]
    else:
        problems = []
        for path, text in stale.items():
            path.write_text(text, encoding="utf-8")
            print(f"written: {path.relative_to(ROOT)}")
    problems += broken_links()
    print("".join(f"{problem}\n" for problem in problems), end="", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
