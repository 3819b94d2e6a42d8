"""What doors may ask of the supervisor about users, tokens, sessions of the web UI and the audit trail."""

from ftpair.core.accounts import AuditRow, Identity, Role, TokenRow, UserRow
from ftpair.core.actions import Action, Look, Result


class Confidential(Action, frozen=True, tag=True):
    """Carries a secret, so that nothing but its name is ever printed."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"


class ConfidentialResult(Result, frozen=True, tag=True):
    """The same for an answer."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"


# Who asks?
class Identify(Confidential, frozen=True, tag=True):
    """Whose secret is this: a token, or the cookie of a session? Answered by `IdentityIs`."""

    secret: str
    address: str
    """Where it came from."""


class SetUp(Confidential, frozen=True, tag=True):
    """Make the first user, an admin, with the secret of the set-up link; answered by `LoggedIn`."""

    secret: str
    user: str
    password: str
    address: str


class LogIn(Confidential, frozen=True, tag=True):
    """Begin a session of the web UI; answered by `LoggedIn`."""

    user: str
    password: str
    code: str
    """Of the authenticator; empty if the user has none."""
    address: str


class LogOut(Confidential, frozen=True, tag=True):
    """End the session of this cookie; answered by `Said`."""

    secret: str


class Denied(Action, frozen=True, tag=True):
    """A door has turned somebody away; answered by `Refused` with this sentence, so that the audit trail has it."""

    asked: str
    """What was wanted: `DELETE /api/v1/sessions/0-1f`."""
    sentence: str


class GetSetUpLink(Look, frozen=True, tag=True):
    """Where is the first user made? Answered by `SetUpLinkIs`."""


# Users.
class GetUsers(Look, frozen=True, tag=True):
    """Answered by `UsersAre`."""


class AddUser(Confidential, frozen=True, tag=True):
    """Let somebody log in; answered by `Said`."""

    user: str
    password: str
    role: Role


class ChangeUser(Confidential, frozen=True, tag=True):
    """Change what is given, and end the user's sessions; answered by `Said`."""

    user: str
    password: str = ""
    role: Role | None = None
    is_disabled: bool | None = None
    forget_totp: bool = False
    """For a user whose authenticator is lost."""


class RemoveUser(Action, frozen=True, tag=True):
    """Answered by `Said`."""

    user: str


class ChangePassword(Confidential, frozen=True, tag=True):
    """Change the password of who asks, and end his sessions; answered by `Said`."""

    password: str
    wanted: str


class BeginTotp(Action, frozen=True, tag=True):
    """Make a secret for the authenticator of who asks; it counts once a code of it came. Answered by `TotpIs`."""

    user: str


class ConfirmTotp(Confidential, frozen=True, tag=True):
    """Ask for codes at every login from now on; answered by `Said`."""

    user: str
    code: str


class EndTotp(Confidential, frozen=True, tag=True):
    """Ask for no codes any more, by a last one; answered by `Said`."""

    user: str
    code: str


# Tokens.
class GetTokens(Look, frozen=True, tag=True):
    """Answered by `TokensAre`."""


class AddToken(Action, frozen=True, tag=True):
    """Let a program ask for so many seconds; answered by `TokenIs`."""

    name: str
    role: Role
    for_s: float


class RemoveToken(Action, frozen=True, tag=True):
    """Answered by `Said`."""

    name: str


class GetAudit(Look, frozen=True, tag=True):
    """The audit trail, the newest first; an empty word asks for all. Answered by `AuditIs`."""

    limit: int = 100
    before: int = 0
    """Only those with a lower number; 0: from the newest on."""
    user: str = ""
    action: str = ""
    outcome: str = ""


# The answers.
class IdentityIs(ConfidentialResult, frozen=True, tag=True):
    """The answer to `Identify`."""

    identity: Identity
    csrf: str = ""
    """What a form of this session must carry; a token has none."""


class SetUpLinkIs(ConfidentialResult, frozen=True, tag=True):
    """The answer to `GetSetUpLink`."""

    link: str


class LoggedIn(ConfidentialResult, frozen=True, tag=True):
    """The answer to `LogIn` and `SetUp`."""

    secret: str
    """The cookie."""
    identity: Identity
    csrf: str


class UsersAre(Result, frozen=True, tag=True):
    """The answer to `GetUsers`, by name."""

    users: tuple[UserRow, ...]


class TotpIs(ConfidentialResult, frozen=True, tag=True):
    """The answer to `BeginTotp`."""

    uri: str
    """`otpauth://totp/...`, for a QR code."""
    secret: str
    """The same for who types it."""


class TokensAre(Result, frozen=True, tag=True):
    """The answer to `GetTokens`, by name."""

    tokens: tuple[TokenRow, ...]


class TokenIs(ConfidentialResult, frozen=True, tag=True):
    """The answer to `AddToken`."""

    secret: str
    """It is told this once."""
    sentence: str


class AuditIs(Result, frozen=True, tag=True):
    """The answer to `GetAudit`."""

    entries: tuple[AuditRow, ...]
