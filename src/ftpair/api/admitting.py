"""Routes of users, tokens and the audit trail: what only admins may."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from ftpair.api import account_examples, examples
from ftpair.api.access import may
from ftpair.api.account_bodies import TokenMade, TokenWish, UserChange, UserWish
from ftpair.api.asking import TheDoor
from ftpair.api.bodies import Done
from ftpair.api.problems import ASKING, documented
from ftpair.core.account_actions import (
    AddToken,
    AddUser,
    AuditIs,
    ChangeUser,
    GetAudit,
    GetTokens,
    GetUsers,
    RemoveToken,
    RemoveUser,
    TokenIs,
    TokensAre,
    UsersAre,
)
from ftpair.core.accounts import AuditRow, Outcome, TokenRow, UserRow
from ftpair.core.actions import Said

router = APIRouter(prefix="/api/v1", tags=["users"], dependencies=[may("admin")], responses=documented(*ASKING))


@router.get("/users", summary="All users", responses=examples.ok([account_examples.USER]))
async def users(door: TheDoor) -> tuple[UserRow, ...]:
    """Return who may log in, by name."""
    return (await door.ask(GetUsers(), UsersAre)).users


@router.post(
    "/users",
    summary="Add a user",
    responses=examples.ok(account_examples.USER_ADDED) | documented("wrong-request", "too-often"),
)
async def add_user(door: TheDoor, wish: UserWish) -> Done:
    """Let somebody log in; a password has 12 characters at least."""
    return Done((await door.ask(AddUser(wish.name, wish.password, wish.role), Said)).sentence)


@router.patch(
    "/users/{user}",
    summary="Change a user",
    responses=examples.ok(account_examples.USER_CHANGED) | documented("not-found", "wrong-request", "too-often"),
)
async def change_user(door: TheDoor, user: str, change: UserChange) -> Done:
    """Change what is given; the user's sessions end. The last admin stays one."""
    order = ChangeUser(user, change.password, change.role, change.is_disabled, change.forget_totp)
    return Done((await door.ask(order, Said)).sentence)


@router.delete(
    "/users/{user}",
    summary="Remove a user",
    responses=examples.ok(account_examples.USER_REMOVED) | documented("not-found", "wrong-request"),
)
async def remove_user(door: TheDoor, user: str) -> Done:
    """Let a user in no more; his sessions end. The last admin stays."""
    return Done((await door.ask(RemoveUser(user), Said)).sentence)


@router.get("/tokens", summary="All tokens", responses=examples.ok([account_examples.TOKEN]))
async def tokens(door: TheDoor) -> tuple[TokenRow, ...]:
    """Return what programs may ask, by name; an expired token stays in the list until it is removed."""
    return (await door.ask(GetTokens(), TokensAre)).tokens


@router.post(
    "/tokens",
    summary="Add a token",
    responses=examples.ok(account_examples.TOKEN_MADE) | documented("wrong-request"),
)
async def add_token(door: TheDoor, wish: TokenWish) -> TokenMade:
    """Let a program ask, with `Authorization: Bearer SECRET`; the secret is told this once."""
    made = await door.ask(AddToken(wish.name, wish.role, wish.for_s), TokenIs)
    return TokenMade(made.secret, made.sentence)


@router.delete(
    "/tokens/{token}",
    summary="Remove a token",
    responses=examples.ok(account_examples.TOKEN_REMOVED) | documented("not-found"),
)
async def remove_token(door: TheDoor, token: str) -> Done:
    """Let a program ask no more, from now on."""
    return Done((await door.ask(RemoveToken(token), Said)).sentence)


class Sought:
    """Which entries are asked for; an empty word asks for all."""

    def __init__(
        self,
        user: Annotated[str, Query(description="Only of this user or token.")] = "",
        action: Annotated[str, Query(description="Only this action, such as `drain` or `log-in`.")] = "",
        outcome: Annotated[
            Literal["", Outcome], Query(description="Only what was done, was refused, or happened.")
        ] = "",
    ) -> None:
        self.user, self.action, self.outcome = user, action, outcome


@router.get(
    "/audit",
    summary="The audit trail, newest first",
    responses=examples.ok([account_examples.AUDIT]) | documented("wrong-request"),
)
async def audit(
    door: TheDoor,
    sought: Annotated[Sought, Depends()],
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int, Query(ge=0, lt=2**53, description="Only those of a lower number; 0: all.")] = 0,
) -> tuple[AuditRow, ...]:
    """Return who changed what, who was refused, and what happened by itself."""
    wanted = GetAudit(limit, before, sought.user, sought.action, sought.outcome)
    return (await door.ask(wanted, AuditIs)).entries
