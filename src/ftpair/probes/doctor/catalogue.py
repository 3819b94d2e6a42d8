"""The catalogue of all ailments, in the order in which a client would meet them."""

from collections.abc import Iterator

from ftpair.probes.doctor.ailment import Ailment
from ftpair.probes.doctor.ailments import clocks_and_sets, data, entering, security

AILMENTS = {row.id: row for row in (*entering.ROWS, *security.ROWS, *data.ROWS, *clocks_and_sets.ROWS)}


def table() -> Iterator[str]:
    """Yield the lines of the table of the documentation."""
    yield "| id | | what is wrong | what comes of it | what helps |"
    yield "|---|---|---|---|---|"
    for row in AILMENTS.values():
        yield f"| `{row.id}` | {row.severity} | {row.means} | {row.why} | {_helps(row)} |"


def _helps(row: Ailment) -> str:
    return f"{row.remedy} At the VIP: {row.at_vip}" if row.at_vip else row.remedy
