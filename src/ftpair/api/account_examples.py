"""Example answers about users, tokens and the audit trail, made of the real values."""

from dataclasses import asdict

from ftpair.api.account_bodies import Me, SetUpLink, TokenMade, TotpBegun
from ftpair.api.bodies import Done
from ftpair.core.accounts import AuditRow, Role, TokenRow, UserRow

_NOW = 1767225600.0
_TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ME = asdict(Me("anna", Role.ADMIN, "web", csrf="4b1f..."))
LOGGED_OUT = asdict(Done("anna is logged out"))
PASSWORD = asdict(Done("anna has a new password; log in with it"))
TOTP = asdict(TotpBegun(f"otpauth://totp/ftpair:anna?secret={_TOTP}&issuer=ftpair", _TOTP))
TOTP_ON = asdict(Done("anna gives a code at every login from now on"))
TOTP_OFF = asdict(Done("anna needs no code any more"))
USER = asdict(UserRow("anna", Role.ADMIN, has_totp=True, is_disabled=False, made=_NOW, last_login=_NOW + 3600))
USER_ADDED = asdict(Done("ben may log in as operator"))
USER_CHANGED = asdict(Done("ben: the role is admin"))
USER_REMOVED = asdict(Done("ben is removed, and his sessions are ended"))
TOKEN = asdict(TokenRow("prometheus", Role.VIEWER, _NOW, "anna", _NOW + 7_776_000, last_used=_NOW + 60))
TOKEN_MADE = asdict(
    TokenMade("ftpair_...", "token prometheus may do what the role viewer may; its secret is told this once")
)
TOKEN_REMOVED = asdict(Done("token prometheus is removed"))
AUDIT = asdict(
    AuditRow(
        number=7,
        time=_NOW,
        name="anna",
        via="web",
        address="192.0.2.7",
        action="drain",
        subject="FTPS_VIP FTP_SVR2",
        outcome="done",
        sentence="drain FTP_SVR2: 3 sessions stay, 0 transfers",
    )
)
SET_UP_LINK = asdict(SetUpLink("https://127.0.0.1:8443/setup?key=..."))
