"""Why nobody is found by name where TLS hides the names."""

from ftpair.cli.client import Client
from ftpair.core.status import NodeStatus


def why_no_user(client: Client, wanted: dict[str, str]) -> str:
    """Return why a search for a user found nothing in services in TCP mode; empty where that is not the reason."""
    if not wanted.get("user"):
        return ""
    services = client.get(("status",), NodeStatus).services
    hidden = [each.name for each in services if each.mode == "tcp" and wanted["service"] in ("", each.name)]
    if not hidden:
        return ""
    return f"TLS hides the users of {', '.join(hidden)} (mode: tcp), so --user finds nobody there: leave it out"
