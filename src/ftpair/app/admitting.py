"""What admins do to users and tokens, and what users do to their authenticators."""

from collections.abc import Iterator
from dataclasses import replace

from ftpair.app.accounts import Accounts
from ftpair.app.attempts import Attempt
from ftpair.app.passwords import demand_strength
from ftpair.app.tokens import Token
from ftpair.app.users import User, demand_name
from ftpair.core.account_actions import (
    AddToken,
    AddUser,
    BeginTotp,
    ChangeUser,
    ConfirmTotp,
    EndTotp,
    GetTokens,
    GetUsers,
    RemoveToken,
    RemoveUser,
    TokenIs,
    TokensAre,
    TotpIs,
    UsersAre,
)
from ftpair.core.accounts import Identity, Role
from ftpair.core.actions import Refused, Said
from ftpair.core.errors import WrongRequestError

NOT_HIMSELF = "nobody takes his own role away: ask another admin"
"""Else a slip of the hand locks out who would mend it."""
_NOT_HIS = Refused("not-allowed", "an authenticator belongs to who has logged in; admins can only forget it")


async def get_users(accounts: Accounts, _action: GetUsers, _who: Identity) -> UsersAre:
    """Return all users."""
    return UsersAre(tuple(user.row for user in accounts.users.all()))


async def add_user(accounts: Accounts, action: AddUser, _who: Identity) -> Said:
    """Let somebody log in. Raises WrongRequestError."""
    _demand_new(accounts, action.user)
    demand_strength(action.user, action.password)
    if not accounts.has_users() and action.role is not Role.ADMIN:
        raise WrongRequestError("the first user must be an admin, who can let others in")
    kept = await accounts.passwords.hash_of(action.password)
    _demand_new(accounts, action.user)
    accounts.users.save(User(action.user, kept, action.role, accounts.now()))
    return Said(accounts.kept(f"{action.user} may log in as {action.role.value}"))


async def change_user(accounts: Accounts, action: ChangeUser, who: Identity) -> Said:
    """Change what is given of a user, who must log in again. Raises NotFoundError and WrongRequestError."""
    user = accounts.users.named(action.user)
    if action.password:
        demand_strength(user.name, action.password)
    kept = await accounts.passwords.hash_of(action.password) if action.password else ""
    user = accounts.users.named(action.user)
    changed = _changed(user, action, kept)
    if _is_own(user, who) and not changed.is_admin:
        raise WrongRequestError(NOT_HIMSELF)
    if not changed.is_admin:
        accounts.users.demand_other_admin(user)
    accounts.users.save(changed)
    accounts.sessions.end_all(user.name)
    told = ", ".join(_told(user, changed)) or "nothing is new"
    return Said(accounts.kept(f"{user.name}: {told}"))


async def remove_user(accounts: Accounts, action: RemoveUser, who: Identity) -> Said:
    """Let a user in no more, from now on. Raises NotFoundError and WrongRequestError."""
    user = accounts.users.named(action.user)
    if _is_own(user, who):
        raise WrongRequestError(NOT_HIMSELF)
    accounts.users.demand_other_admin(user)
    accounts.users.remove(user)
    accounts.sessions.end_all(user.name)
    return Said(accounts.kept(f"{user.name} is removed, and his sessions are ended"))


async def begin_totp(accounts: Accounts, action: BeginTotp, who: Identity) -> TotpIs | Refused:
    """Return a new secret for the authenticator of who asks. Raises WrongRequestError and NotFoundError."""
    if not _is_his(action, who):
        return _NOT_HIS
    _demand_no_authenticator(accounts.users.named(who.name))
    return accounts.codes.begin(who.name)


async def confirm_totp(accounts: Accounts, action: ConfirmTotp, who: Identity) -> Said | Refused:
    """Ask for codes from now on. Raises WrongRequestError and NotFoundError."""
    if not _is_his(action, who):
        return _NOT_HIS
    _demand_no_authenticator(accounts.users.named(who.name))
    secret, step = accounts.codes.confirm(who.name, action.code)
    accounts.users.save(replace(accounts.users.named(who.name), totp=secret, totp_step=step))
    return Said(accounts.kept(f"{who.name} gives a code at every login from now on"))


async def end_totp(accounts: Accounts, action: EndTotp, who: Identity) -> Said | Refused:
    """Ask for codes no more. Raises WrongRequestError and NotFoundError."""
    if not _is_his(action, who):
        return _NOT_HIS
    user = accounts.users.named(who.name)
    if not user.totp:
        raise WrongRequestError(f"{user.name} has no authenticator")
    attempt = Attempt(accounts, who.name, who.address)
    if wait_s := attempt.wait_s():
        return Refused("too-often", f"too many wrong codes: try again in {wait_s} s")
    attempt.begin()
    if not accounts.codes.step_of(user.totp, action.code, user.totp_step):
        raise WrongRequestError("the code is wrong, or was used already: take the next one")
    attempt.succeed()
    accounts.users.save(replace(user, totp="", totp_step=0))
    return Said(accounts.kept(f"{user.name} needs no code any more"))


async def get_tokens(accounts: Accounts, _action: GetTokens, _who: Identity) -> TokensAre:
    """Return all tokens, without their secrets."""
    return TokensAre(accounts.tokens.all())


async def add_token(accounts: Accounts, action: AddToken, who: Identity) -> TokenIs:
    """Let a program ask. Raises WrongRequestError."""
    _demand_new(accounts, action.name)
    now = accounts.now()
    secret = accounts.tokens.add(Token(action.name, action.role, now, who.name, now + action.for_s))
    sentence = f"token {action.name} may do what the role {action.role.value} may; its secret is told this once"
    return TokenIs(secret, accounts.kept(sentence))


async def remove_token(accounts: Accounts, action: RemoveToken, _who: Identity) -> Said:
    """Let a program ask no more. Raises NotFoundError."""
    accounts.tokens.remove(action.name)
    return Said(accounts.kept(f"token {action.name} is removed"))


def _demand_no_authenticator(user: User) -> None:
    """Raise WrongRequestError if he has one: whoever has only his session must not put another in its place."""
    if user.totp:
        raise WrongRequestError(f"{user.name} has an authenticator: end that one first, by a code of it")


def _is_his(action: BeginTotp | ConfirmTotp | EndTotp, who: Identity) -> bool:
    return who.via == "web" and who.name == action.user


def _is_own(user: User, who: Identity) -> bool:
    return who.via == "web" and who.name == user.name


def _demand_new(accounts: Accounts, name: str) -> None:
    """Raise WrongRequestError for a bad name, and for one that a user or a token has: the audit trail names both."""
    demand_name(name)
    if accounts.users.find(name):
        raise WrongRequestError(f"there is a user {name} already: choose another name")
    if accounts.tokens.find(name):
        raise WrongRequestError(f"there is a token {name} already: choose another name, or delete it first")


def _changed(user: User, action: ChangeUser, kept: str) -> User:
    return replace(
        user,
        password=kept or user.password,
        role=action.role or user.role,
        is_disabled=user.is_disabled if action.is_disabled is None else action.is_disabled,
        totp="" if action.forget_totp else user.totp,
        totp_step=0 if action.forget_totp else user.totp_step,
    )


def _told(user: User, changed: User) -> Iterator[str]:
    if changed.password != user.password:
        yield "the password is changed"
    if changed.role is not user.role:
        yield f"the role is {changed.role.value}"
    if changed.is_disabled != user.is_disabled:
        yield "disabled" if changed.is_disabled else "enabled"
    if changed.totp != user.totp:
        yield "no code is asked for"
