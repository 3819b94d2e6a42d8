"""The way to the first user, for who may open the control socket."""

from ftpair.app.node import Node
from ftpair.core.account_actions import GetSetUpLink, SetUpLinkIs
from ftpair.core.errors import NotFoundError


async def get_set_up_link(node: Node, _action: GetSetUpLink) -> SetUpLinkIs:
    """Return the link that makes the first user. Raises NotFoundError where there is none."""
    if link := node.web.set_up_link:
        return SetUpLinkIs(link)
    if node.plan.web is None:
        raise NotFoundError("there is no web UI: add `web: {}` to the configuration, then `ftpair apply`")
    raise NotFoundError("there are users already: log in, or let `ftpair user add` make another one")
