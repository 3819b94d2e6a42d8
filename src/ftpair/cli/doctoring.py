"""Asks the doctor about the services of a file, shows how far he is, and tells what he found."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count, groupby
from pathlib import Path

from ftpair.cli.failures import WrongUseError
from ftpair.cli.sheet import Cell, Part, Sheet, line
from ftpair.cli.show import show, show_json
from ftpair.config.check import check
from ftpair.config.machine import CAPABILITIES, Machine, this_machine
from ftpair.config.slots import Slots
from ftpair.core.doctor import SEVERITIES, Diagnosis, Finding, Order
from ftpair.core.errors import NotFoundError
from ftpair.core.plan import AnyService, Plan
from ftpair.core.units import counted
from ftpair.probes.doctor.diagnosing import diagnose
from ftpair.probes.doctor.examining import examine, steps_of

_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the doctor."""

    config: Path
    service: str
    """Empty: all of them."""
    order: Order
    """Its password is read from `password_file`; without a user, that of the service's health checks logs in."""
    password_file: Path | None = None
    ca: Path | None = None


def consult(request: Request, as_json: bool) -> int:
    """Examine, tell, and return the exit status: 0 if nothing is wrong, 1 if something is."""
    _demand_single_lines(request.order)
    machine = this_machine()
    plan = check(request.config, 0, Slots(), onlooker(machine)).plan
    orders = [(service, _order_for(service, request)) for service in _services(plan, request.service)]
    with _progress(sum(steps_of(service, order) for service, order in orders)) as on_step:
        diagnoses = [diagnose(asyncio.run(examine(service, order, on_step)), machine) for service, order in orders]
    is_healthy = all(diagnosis.is_healthy for diagnosis in diagnoses)
    if as_json:
        show_json({"is_healthy": is_healthy, "services": diagnoses})
    else:
        show(sheet(diagnoses))
    return 0 if is_healthy else 1


def _services(plan: Plan, name: str) -> tuple[AnyService, ...]:
    try:
        return (plan.named(name),) if name else plan.all_services
    except NotFoundError as error:
        raise WrongUseError(error.sentence) from None  # Its own exit status would say that something is ill.


def onlooker(machine: Machine) -> Machine:
    """Return the machine as somebody sees it who only looks: what it takes to serve is not asked of him."""
    return replace(
        machine,
        descriptors=sys.maxsize,
        capabilities=frozenset(CAPABILITIES),
        transparency="",
        haproxy=lambda _program: (sys.maxsize, 0),
    )


def _demand_single_lines(order: Order) -> None:
    for field in order.unsayable:
        raise WrongUseError(f"--{field.removesuffix('s')}: a line end cannot be said in FTP.")


def _order_for(service: AnyService, request: Request) -> Order:
    ca_pem = _content(request.ca, "--ca") if request.ca else b""
    order = replace(request.order, ca_pem=ca_pem)
    if not order.user:
        if request.password_file:
            raise WrongUseError("--password-file needs --user: whose password is it?")
        return replace(order, user=service.health.user, password=service.health.password)
    if request.password_file is None:
        raise WrongUseError("--user needs --password-file: a file with the password on its first line.")
    lines = _content(request.password_file, "--password-file").decode("utf-8", "replace").splitlines()
    return replace(order, password=lines[0] if lines else "")


def _content(path: Path, option: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WrongUseError(
            f"{option}: {path} cannot be read: {(error.strerror or 'unknown error').lower()}."
        ) from None


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    """Show on a terminal's stderr how far it is; yield what is to be called before each step."""
    if not sys.stderr.isatty():
        yield lambda _words: None
        return
    from rich.console import Console  # noqa: PLC0415 - Rich doubles the time of a start.
    from rich.progress import Progress  # noqa: PLC0415 - as above.

    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    with Progress(console=console, transient=True) as progress:
        task, done = progress.add_task("", total=total), count()

        def on_step(words: str) -> None:
            progress.update(task, description=words, completed=next(done))

        yield on_step


def sheet(diagnoses: list[Diagnosis]) -> Sheet:
    """Return what people read: the findings of each service, errors first, and what was not examined."""
    return tuple(part for diagnosis in diagnoses for part in _service(diagnosis))


def _service(diagnosis: Diagnosis) -> Iterator[Part]:
    yield line(Cell(f"{diagnosis.service}: {_verdict(diagnosis)}", "bold"))
    for _key, group in groupby(sorted(diagnosis.findings, key=_kind), key=_kind):
        yield line()
        yield from _findings(list(group))
    if diagnosis.not_examined:
        yield line()
        yield line("not examined:", indent=2)
        for sentence in diagnosis.not_examined:
            yield line(sentence, indent=4)
    yield line()


def _kind(finding: Finding) -> tuple[int, str]:
    """Return what findings are shown together by; errors come first."""
    return SEVERITIES.index(finding.severity), finding.id


def _verdict(diagnosis: Diagnosis) -> str:
    counts = Counter(finding.severity for finding in diagnosis.findings)
    found = [counted(counts[severity], severity) for severity in SEVERITIES if counts[severity]]
    if diagnosis.is_healthy:
        found.insert(0, f"nothing is wrong ({counted(diagnosis.logins, 'login')})")
    return ", ".join(found)


def _findings(findings: list[Finding]) -> Iterator[Part]:
    """Yield findings of one kind: what was seen where, and once why, and what to do."""
    for finding in findings:
        yield line(
            Cell(f"{finding.severity}: ", _STYLES[finding.severity]),
            Cell(f"{finding.where or 'service'}: {finding.sentence}"),
            Cell(f"  [{finding.id}]", "dim"),
            indent=2,
        )
        if finding.modes:
            yield line(Cell("in: ", "dim"), ", ".join(finding.modes), indent=4)
    yield line(Cell("why: ", "dim"), findings[0].why, indent=4)
    for remedy in dict.fromkeys(finding.remedy for finding in findings):
        yield line(Cell("do: ", "dim"), remedy, indent=4)
    for where, lines, guide in dict.fromkeys((each.where, each.lines, each.guide) for each in findings):
        for text in lines:
            yield line(Cell(f"{where}: ", "dim"), text, indent=8)
        if guide:
            yield line(Cell("all of it: ", "dim"), guide, indent=8)
