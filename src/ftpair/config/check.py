"""A file examined as a whole: its text, its values, and everything outside of it that it names."""

from dataclasses import dataclass, replace
from pathlib import Path

from ftpair.config.availability import vain_backups
from ftpair.config.capacity import Room, rooms
from ftpair.config.descriptors import fewest_descriptors
from ftpair.config.haproxy import demand_descriptors, missing_engine
from ftpair.config.load import draft, read_config
from ftpair.config.machine import Machine, this_machine
from ftpair.config.materials import Materials, gather, renewed
from ftpair.config.models import Config
from ftpair.config.plan import Parts, plan_of, too_many_rows
from ftpair.config.pooling import vain_routes
from ftpair.config.problems import locate, refusal
from ftpair.config.rights import demand_rights
from ftpair.config.slots import Slots
from ftpair.config.sourcing import strangers
from ftpair.config.warnings import find_warnings
from ftpair.core.actions import Problem
from ftpair.core.errors import SetupError
from ftpair.core.plan import Plan


@dataclass(frozen=True, slots=True)
class Checked:
    """A configuration that can be used, the plan of it, what it will suffer from, and what was read for it."""

    config: Config
    plan: Plan
    warnings: tuple[Problem, ...]
    materials: Materials
    content: bytes
    """The text of it."""
    rooms: tuple[Room, ...] = ()
    """What the machine has room for."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """A running configuration whose certificates, CAs and revocation lists were read anew."""

    checked: Checked
    problems: tuple[Problem, ...]
    """Of what is no good, and stays as it was."""


def check(
    path: Path, revision: int, slots: Slots, machine: Machine | None = None, content: bytes | None = None
) -> Checked:
    """Return the configuration in a file and its plan; with `content`, as if that stood in the file.

    `slots` get rows for new names, but only if there is no problem: give a copy of them to try a file. Raises
    InvalidConfigError with all problems together: of the text, of the values, of certificates, files and host names;
    SetupError when nothing is wrong with the file, but the machine or the rights of who asks do not allow it.
    """
    machine = machine or this_machine()
    content = read_config(path) if content is None else content
    made = draft(content, machine)
    materials = gather(made.config, path.parent, machine)
    rows = too_many_rows(made.config, slots)
    made = made.with_findings(
        (*materials.findings, *rows, *strangers(made.config, materials, machine), *missing_engine(made.config, machine))
    )
    if made.findings:
        raise refusal(str(path), made.problems)
    _demand_descriptors(made.config, machine)
    demand_descriptors(made.config, machine)
    demand_rights(made.config, machine)
    plan = plan_of(Parts(made.config, materials, slots), revision, machine)
    return Checked(
        made.config,
        plan,
        locate(
            (
                *find_warnings(made.config, machine),
                *vain_routes(made.config),
                *vain_backups(made.config),
                *materials.warnings,
            ),
            made.config.lines,
        ),
        materials,
        content,
        rooms(made.config, machine),
    )


def renew(path: Path, running: Checked, revision: int, slots: Slots, machine: Machine | None = None) -> Renewed:
    """Return what runs (not what its file says by now) with certificates, CAs and revocation lists read anew."""
    machine = machine or this_machine()
    config = running.config
    materials = renewed(running.materials, config, path.parent, machine.now)
    plan = plan_of(Parts(config, materials, slots), revision, machine)
    warnings = locate(tuple(materials.warnings), config.lines)
    checked = replace(running, plan=plan, materials=materials, warnings=warnings)
    return Renewed(checked, locate(tuple(materials.findings), config.lines))


def _demand_descriptors(config: Config, machine: Machine) -> None:
    fewest = fewest_descriptors(config, config.worker_count(machine.cpus))
    if machine.descriptors < fewest:
        has = f"a process of ftpair must be allowed {fewest} open files, but is allowed {machine.descriptors}"
        raise SetupError(f"{has}: raise LimitNOFILE of the unit (ulimit -n)")
