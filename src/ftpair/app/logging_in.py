"""The way in: the set-up link, a password and a code, and the end of a session. Guessing is slowed down."""

from dataclasses import replace

from ftpair.app.accounts import Accounts
from ftpair.app.attempts import Attempt
from ftpair.app.passwords import demand_strength
from ftpair.app.users import User, demand_name
from ftpair.core.account_actions import ChangePassword, Identify, IdentityIs, LoggedIn, LogIn, LogOut, SetUp
from ftpair.core.accounts import Identity, Role
from ftpair.core.actions import Refused, Said

_UNKNOWN = Refused("not-identified", "this session is over, or the token is wrong or has expired: log in again")
_WRONG = Refused("not-identified", "the user, the password or the code is wrong")
_SET_UP = Refused("not-identified", "this link is used or old: the log of the last start of ftpair has the valid one")
_NO_SESSION = Refused("wrong-request", "there is no session to end: it is ended where somebody has logged in")


async def identify(accounts: Accounts, action: Identify, _who: Identity) -> IdentityIs | Refused:
    """Tell whose secret it is."""
    return accounts.identify(action.secret, action.address) or _UNKNOWN


async def set_up(accounts: Accounts, action: SetUp, _who: Identity) -> LoggedIn | Refused:
    """Make the first user. Raises WrongRequestError."""
    if not accounts.is_invitation(action.secret):
        return _SET_UP
    demand_name(action.user)
    demand_strength(action.user, action.password)
    kept = await accounts.passwords.hash_of(action.password)
    if not accounts.is_invitation(action.secret):  # Somebody was quicker.
        return _SET_UP
    return accounts.begin_session(User(action.user, kept, Role.ADMIN, accounts.now()), action.address)


async def log_in(accounts: Accounts, action: LogIn, _who: Identity) -> LoggedIn | Refused:
    """Let a user in whose password and code are right; all that is wrong takes the same time and has one sentence."""
    attempt = Attempt(accounts, action.user, action.address)
    if wait_s := attempt.wait_s():
        return Refused("too-often", f"too many wrong logins: try again in {wait_s} s")
    attempt.begin()
    user = accounts.users.find(action.user)
    is_right = await accounts.passwords.is_right(user.password if user else "", action.password)
    if user is None or not is_right or user.is_disabled or accounts.users.find(action.user) != user:
        return _WRONG
    step = accounts.codes.step_of(user.totp, action.code, user.totp_step) if user.totp else 0
    if user.totp and not step:
        return _WRONG
    attempt.succeed()
    return accounts.begin_session(replace(user, totp_step=max(step, user.totp_step)), action.address)


async def change_password(accounts: Accounts, action: ChangePassword, who: Identity) -> Said | Refused:
    """Give who asks another password, for the one he has. Raises WrongRequestError and NotFoundError."""
    if who.via != "web":
        return Refused("not-allowed", "a password is changed by who has logged in; admins have `ftpair user set`")
    attempt = Attempt(accounts, who.name, who.address)
    if wait_s := attempt.wait_s():
        return Refused("too-often", f"too many wrong passwords: try again in {wait_s} s")
    attempt.begin()
    user = accounts.users.named(who.name)
    if not await accounts.passwords.is_right(user.password, action.password):
        return Refused("not-allowed", "the password is wrong; nothing was changed")
    attempt.succeed()
    demand_strength(user.name, action.wanted)
    kept = await accounts.passwords.hash_of(action.wanted)
    accounts.users.save(replace(accounts.users.named(who.name), password=kept))
    accounts.sessions.end_all(user.name)
    return Said(accounts.kept(f"{user.name} has a new password; log in with it"))


async def log_out(accounts: Accounts, action: LogOut, _who: Identity) -> Said | Refused:
    """End a session."""
    user = accounts.sessions.user_of(action.secret, accounts.now())
    if user is None:
        return _NO_SESSION
    accounts.sessions.end(action.secret)
    return Said(f"{user} is logged out")
