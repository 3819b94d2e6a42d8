"""The block of a route, and the plan's rule made of it. A default here equals the default of `core.routing`."""

from typing import Annotated

from pydantic import AfterValidator, Field

from ftpair.balance.pattern import glob, pattern
from ftpair.config.blocks import Block
from ftpair.config.values import Glob, Name, Networks
from ftpair.core import routing as plan
from ftpair.core.subjects import canonical

_KINDS = ("email:", "dns:", "uri:", "upn:")


def _lower(text: str) -> str:
    return text.lower()


def _expression(text: str) -> str:
    pattern(text)
    return text


def _subject(text: str) -> str:
    example = "write it with its most specific part first, such as CN=alice,OU=Ops,O=Example,C=DE"
    if text.startswith("/"):
        raise ValueError(f"is a subject with slashes: {example}")
    if ", " in text.replace("\\,", "") or " = " in text:
        raise ValueError(f"has spaces between its parts: {example}")
    if "=" not in text and "*" not in text:
        raise ValueError(f"names no part of a subject: {example}, or * for some of it")
    glob(canonical(text))
    return text


def _alternative(text: str) -> str:
    if not text.startswith(_KINDS):
        kinds = f"{', '.join(_KINDS[:-1])} or {_KINDS[-1]}"
        raise ValueError(f"does not say which kind of name: begin it with {kinds}, such as email:*@example.org")
    return text


def _some(networks: list[str]) -> list[str]:
    if not networks:
        raise ValueError("is empty: write a network such as [10.0.0.0/8], or remove the key")
    return networks


class Route(Block):
    """A rule: a session that fits all that it asks for goes to its pool. The first rule that fits counts."""

    user: Glob | None = Field(
        default=None, description="Name of the user; `*` stands for any letters, `?` for one.", examples=["k*"]
    )
    user_regex: Annotated[str, Field(min_length=1), AfterValidator(_expression)] | None = Field(
        default=None,
        description="Regular expression that the whole name fits; without look-around and back references.",
        examples=["partner-[0-9]+"],
    )
    from_: Annotated[Networks, AfterValidator(_some)] | None = Field(
        default=None, alias="from", description="Networks that the client comes from.", examples=[["10.0.0.0/8"]]
    )
    host: Annotated[Glob, AfterValidator(_lower)] | None = Field(
        default=None, description="What the client names with HOST; `*` and `?` as above.", examples=["ftp.example.org"]
    )
    sni: Annotated[Glob, AfterValidator(_lower)] | None = Field(
        default=None,
        description="The name that it asks for in its TLS handshake; `*` and `?` as above.",
        examples=["*.example.org"],
    )
    certificate: Glob | None = Field(
        default=None, description="The common name in its certificate; `*` and `?` as above.", examples=["partner-*"]
    )
    certificate_subject: Annotated[str, Field(min_length=1), AfterValidator(_subject)] | None = Field(
        default=None,
        description="The whole subject of its certificate, most specific part first (RFC 4514); `*` and `?` as above.",
        examples=["*,OU=Ops,O=Example,C=DE"],
    )
    certificate_san: Annotated[Glob, AfterValidator(_alternative)] | None = Field(
        default=None,
        description="Another name in it: `email:`, `dns:`, `uri:` or `upn:`, and the name; `*` and `?` as above.",
        examples=["email:*@example.org"],
    )
    percent: float = Field(
        default=100.0,
        gt=0,
        le=100,
        allow_inf_nan=False,
        description="How many of the users that fit; always the same ones.",
        examples=[5],
    )
    pool: Name = Field(description="Where they go: a name from `pools`, or `default`.", examples=["new"])


def rule_of(route: Route) -> plan.Route:
    """Return the rule of the plan."""
    return plan.Route(
        pool=route.pool,
        user=route.user or "",
        user_regex=route.user_regex or "",
        networks=tuple(route.from_ or ()),
        host=route.host or "",
        sni=route.sni or "",
        certificate=route.certificate or "",
        certificate_subject=route.certificate_subject or "",
        certificate_san=route.certificate_san or "",
        percent=route.percent,
    )
