"""The block of the web UI: where it is served, and by which certificate."""

from pydantic import Field

from ftpair.config.blocks import Block
from ftpair.config.values import Address, Port


class Web(Block):
    """The web UI and the API over TLS."""

    address: Address = Field(
        default="127.0.0.1",
        description="IP address to listen on; until there is a user, a public one stays closed.",
        examples=["192.0.2.10"],
    )
    port: Port = Field(default=8443, description="TCP port of HTTPS.", examples=[8443])
    certificate: str | None = Field(
        default=None,
        description="A name from `certificates`; if not there, ftpair makes one of its own and tells its fingerprint.",
        examples=["files"],
    )
