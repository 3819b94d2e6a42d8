"""The commands of who may: users, tokens and the audit trail."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ftpair.cli import options
from ftpair.cli.failures import WrongUseError
from ftpair.cli.names import DEFAULT_SOCKET

Role = Literal["viewer", "operator", "admin"]
UserDoing = Annotated[
    Literal["list", "add", "set", "delete"], typer.Argument(metavar="[list|add|set|delete]", help="What to do.")
]
TokenDoing = Annotated[
    Literal["list", "add", "delete"], typer.Argument(metavar="[list|add|delete]", help="What to do.")
]
UserArgument = Annotated[str, typer.Argument(metavar="[USER]", help="Whom.")]
TokenArgument = Annotated[str, typer.Argument(metavar="[TOKEN]", help="Which one.")]
RoleOption = Annotated[
    Role | None, typer.Option("--role", metavar="ROLE", help="What is allowed: viewer, operator or admin.")
]
PasswordFileOption = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="The password is on its first line; - is the standard input."),
]
PasswordOption = Annotated[bool, typer.Option("--password", help="With set: ask for another password.")]
DisableOption = Annotated[
    bool | None, typer.Option("--disable/--enable", help="With set: keep the user out, or let him in again.")
]
NoTotpOption = Annotated[
    bool, typer.Option("--no-totp", help="With set: ask for no code any more; the authenticator is lost.")
]
DaysOption = Annotated[
    float, typer.Option("--days", metavar="DAYS", min=0.01, max=3650, help="With add: when it expires.")
]
LimitOption = Annotated[int, typer.Option("--limit", metavar="NUMBER", min=1, max=1000, help="How many, at most.")]
BeforeOption = Annotated[int, typer.Option("--before", metavar="NUMBER", min=0, help="Only those of a lower number.")]
ByOption = Annotated[str, typer.Option("--user", metavar="USER", help="Only of this user or token.")]
ActionOption = Annotated[str, typer.Option("--action", metavar="ACTION", help="Only this action, such as drain.")]
RefusedOption = Annotated[bool, typer.Option("--refused", help="Only what was refused.")]


def user(
    what: UserDoing = "list",
    name: UserArgument = "",
    role: RoleOption = None,
    password: PasswordOption = False,
    password_file: PasswordFileOption = None,
    disable: DisableOption = None,
    no_totp: NoTotpOption = False,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Show, add, change and delete users of the web UI and the API.

    A password is asked for on the terminal, or read from a file; it has 12 characters at least. Whoever is changed
    must log in again.
    """
    from ftpair.cli import admitting

    _demand_name(what, name, "user")
    if what == "list":
        admitting.show_users(socket, as_json)
    elif what == "add":
        secret = admitting.read_password(password_file)
        admitting.add_user(socket, {"name": name, "role": role or "viewer", "password": secret}, as_json)
    elif what == "set":
        secret = admitting.read_password(password_file) if password or password_file else ""
        admitting.set_user(socket, name, admitting.Change(secret, role, disable, no_totp), as_json)
    else:
        admitting.delete(socket, ("users", name), as_json)


def token(
    what: TokenDoing = "list",
    name: TokenArgument = "",
    role: RoleOption = None,
    days: DaysOption = 90,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Show, add and delete tokens, by which programs use the API.

    The secret of a new token goes to stdout, once: nobody can find it out again.
    """
    from ftpair.cli import admitting

    _demand_name(what, name, "token")
    if what == "list":
        admitting.show_tokens(socket, as_json)
    elif what == "add":
        body = {"name": name, "role": role or "viewer", "for_s": days * 86_400}
        admitting.add_token(socket, body, as_json)
    else:
        admitting.delete(socket, ("tokens", name), as_json)


def audit(
    user: ByOption = "",
    action: ActionOption = "",
    refused: RefusedOption = False,
    limit: LimitOption = 50,
    before: BeforeOption = 0,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Show who changed what, and who was refused, the newest first."""
    from ftpair.cli import admitting

    outcome = "refused" if refused else ""
    wanted = {"user": user, "action": action, "outcome": outcome, "limit": str(limit), "before": str(before)}
    admitting.show_audit(socket, wanted, as_json)


def _demand_name(what: str, name: str, noun: str) -> None:
    if (what == "list") is bool(name):
        raise WrongUseError(
            f"`ftpair {noun} list` shows all of them." if name else f"Name it: `ftpair {noun} {what} NAME`."
        )
