"""How commands are written and found: `-h`, a usage line as people write it, a hint for a word of other programs."""

from typing import Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}
MEANT = {"reload": "apply", "start": "serve", "run": "serve", "list": "status", "show": "status"}
"""What other programs call it, and what it is called here."""


class Command(TyperCommand):
    """A command whose usage says `[SERVICE] SERVER`, without braces and dots around it."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words behind the name of the command."""
        return [_bare(piece) for piece in super().collect_usage_pieces(ctx)]


class Commands(TyperGroup):
    """The commands; a word of other programs gets the one that is meant as a hint."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command of the first word and what is behind it."""
        meant = MEANT.get(args[0])
        if meant:
            _fail(ctx, f"No such command '{args[0]}'. Did you mean '{meant}'?")
        return super().resolve_command(ctx, args)


def _fail(context: typer.Context, sentence: str) -> NoReturn:
    context.fail(sentence)


def _bare(piece: str) -> str:
    name = piece.removesuffix("...")
    return name[1:-1] if name.startswith(("{", "[[")) else name
