"""A client that has brought a certificate logs in by a name in it, where that is the rule."""

from ftpair.core.facts import Tls
from ftpair.core.plan import NameRule
from ftpair.ftp.command import Command, printable
from ftpair.session.conversation import Conversation

KINDS: dict[NameRule, tuple[str, str]] = {
    "san-email": ("email:", "e-mail address"),
    "san-dns": ("dns:", "host name"),
    "san-upn": ("upn:", "user principal name"),
}
"""Rules about further names: how these begin in `CertificateNames`, and what they are."""
MOST_SHOWN = 3


def has_refused_name(talk: Conversation, command: Command) -> bool:
    """Hold a client to the names in its certificate, where that is the rule; return whether it gave another."""
    wanted = talk.plan.tls.client_certificate if talk.plan.tls else None
    if wanted is None or wanted.user == "none" or talk.tls is None or not talk.tls.subject:
        return False
    names = _names(talk.tls, wanted.user)
    if any(command.argument == name.encode() for name in names):
        return False
    talk.say(f"530 Your certificate {_remedy(names, wanted.user)}.")
    return True


def _names(tls: Tls, rule: NameRule) -> list[str]:
    if rule not in KINDS:
        return [tls.subject]
    kind, _word = KINDS[rule]
    return [name.removeprefix(kind) for name in tls.names.alternative if name.startswith(kind)]


def _remedy(names: list[str], rule: NameRule) -> str:
    if not names:
        return f"holds no {KINDS[rule][1]} to log in by: use another certificate"
    shown = " or ".join(printable(name.encode()) for name in names[:MOST_SHOWN])
    return f"is that of {shown}: log in by {'this name' if len(names) == 1 else 'such a name'}"
