"""Commands that need no running ftpair: serve, check, schema, version."""

import platform
from pathlib import Path
from typing import Annotated

import typer

import ftpair
from ftpair.cli.options import DEFAULT_CONFIGURATION, JsonOption


def serve(
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", envvar="FTPAIR_CONFIG", help="The configuration file.")
    ] = DEFAULT_CONFIGURATION,
) -> None:
    """Run ftpair in the foreground until SIGTERM or Ctrl-C."""
    from ftpair.app.supervisor import serve as serve_until_stopped

    raise typer.Exit(serve_until_stopped(config))


def check(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", envvar="FTPAIR_CONFIG", help="The configuration file.")
    ] = DEFAULT_CONFIGURATION,
    as_json: JsonOption = False,
) -> None:
    """Check a configuration file: every problem at once.

    Each is told with its line, its path and its remedy.
    """
    from ftpair.cli.checking import examine, tell

    report = examine(file)
    tell(report, as_json)
    raise typer.Exit(0 if report.is_valid else 3)


def schema() -> None:
    """Print the JSON Schema of the file, for editors."""
    from ftpair.cli.show import show_json
    from ftpair.config.schema import schema as json_schema

    show_json(json_schema())


def version(as_json: JsonOption = False) -> None:
    """Print the version."""
    from ftpair.cli.show import say, show_json

    if as_json:
        show_json({"version": ftpair.__version__, "python": platform.python_version()})
    else:
        say(f"ftpair {ftpair.__version__}")


def print_version(is_wanted: bool) -> None:
    """Print the version and end, if `--version` was said."""
    if is_wanted:
        version()
        raise typer.Exit
