"""The command `ftpair`: its commands, and how failures become one sentence and an exit status."""

import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from ftpair.cli import demo
from ftpair.cli.commands import (
    admitting,
    banning,
    certifying,
    changing,
    configuring,
    doctoring,
    editing,
    guiding,
    importing,
    looking,
    routing,
    running,
    upgrading,
)
from ftpair.cli.grammar import HELP_OPTIONS, Command, Commands
from ftpair.cli.options import with_watch_seconds
from ftpair.cli.show import talk
from ftpair.config.problems import InvalidConfigError, describe
from ftpair.core.errors import FtpairError

EPILOG = (
    "Exit status: 0 done, 1 failed and nothing changed, 2 wrong use, 3 configuration invalid, 4 not reachable, "
    "5 somebody else changed it first, 6 still running and outcome unknown, 7 not allowed, 8 deadline not met."
)
COMMANDS = (
    running.serve,
    upgrading.upgrade,
    running.check,
    importing.import_,
    guiding.guide,
    guiding.firewall,
    doctoring.doctor,
    configuring.apply,
    configuring.confirm,
    configuring.diff,
    configuring.revisions,
    configuring.rollback,
    editing.service,
    editing.server,
    certifying.certificate,
    admitting.user,
    admitting.token,
    admitting.audit,
    looking.status,
    looking.sessions,
    looking.transfers,
    looking.top,
    looking.log,
    routing.route,
    looking.clients,
    changing.drain,
    changing.halt,
    changing.online,
    changing.kill,
    banning.bans,
    demo.demo,
    running.schema,
    running.version,
)

app = typer.Typer(
    name="ftpair",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    cls=Commands,
    context_settings=HELP_OPTIONS,
    rich_markup_mode=None,
)
for command in COMMANDS:
    name = command.__name__.rstrip("_")  # `import` is a word of Python.
    app.command(name, cls=Command, epilog=EPILOG, context_settings=HELP_OPTIONS)(command)


@app.callback()
def _ftpair(
    _: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=running.print_version)
    ] = False,
) -> None:
    """The load balancer for FTP and FTPS."""


def main() -> None:
    """Run the command line of this process and exit with its status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str], commands: Callable[..., object] = app) -> int:
    """Run a command line; return its exit status."""
    try:
        commands(with_watch_seconds(arguments), prog_name="ftpair")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except InvalidConfigError as error:
        return _refused(error)
    except FtpairError as error:
        talk(f"ftpair: {error.sentence}")
        return error.exit_status
    except Exception as bug:  # noqa: BLE001  the last line: a person gets a sentence, whatever went wrong.
        return _bug(bug)
    return 0


def _refused(error: InvalidConfigError) -> int:
    for problem in error.problems:
        talk(describe(problem))
    sentence = "The configuration is invalid; nothing was changed." if error.problems else error.sentence
    talk(f"ftpair: {sentence}")
    return error.exit_status


def _bug(bug: Exception) -> int:
    if os.environ.get("FTPAIR_DEBUG"):
        raise bug
    talk(f"ftpair: A fault of ftpair ({type(bug).__name__}: {bug}). FTPAIR_DEBUG=1 shows where; please report it.")
    return 1


if __name__ == "__main__":
    main()
