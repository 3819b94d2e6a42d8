"""The blocks of the PROXY protocol. A default here equals the default of the plan (`core.plan`)."""

from pydantic import Field

from ftpair.config.blocks import Block
from ftpair.config.values import HeaderChoice, Networks


class ServerHeaders(Block):
    """Headers of the PROXY protocol in front of connections to one real server."""

    to_control: HeaderChoice | None = Field(
        default=None, description="Version sent ahead of its control connections, or `off`.", examples=["v2"]
    )
    to_data: HeaderChoice | None = Field(
        default=None, description="Version sent ahead of its data connections, or `off`.", examples=["v2"]
    )


class ProxyProtocol(Block):
    """The PROXY protocol, towards clients and towards real servers."""

    accept_from: Networks = Field(
        default_factory=list,
        description="Networks of the proxies in front; connections from there must begin with a header.",
        examples=[["10.1.0.0/24"]],
    )
    to_control: HeaderChoice = Field(
        default="off", description="Version sent to servers ahead of control connections, or `off`.", examples=["v2"]
    )
    to_data: HeaderChoice = Field(
        default="off", description="Version sent to servers ahead of data connections, or `off`.", examples=["v2"]
    )
