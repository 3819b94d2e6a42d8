"""Commands that show: status, sessions, transfers."""

import time

from ftpair.cli import options
from ftpair.cli.names import DEFAULT_SOCKET
from ftpair.core.clientele import ClientRow
from ftpair.core.status import NodeStatus, ServiceStatus, SessionRow, TransferRow


def status(
    service: options.ServiceArgument = "",
    as_json: options.JsonOption = False,
    watch: options.WatchOption = None,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Show services and servers: states and why, sessions, rates."""
    from ftpair.cli import views
    from ftpair.cli.watching import Manner, Question, look

    one = Question(("services", service), ServiceStatus, lambda value: views.service_sheet(value, time.time()))
    all_of_them = Question(("status",), NodeStatus, lambda value: views.node_sheet(value, time.time()))
    look(one if service else all_of_them, Manner(socket, as_json, watch))


def sessions(
    service: options.ServiceOption = "",
    server: options.ServerOption = "",
    user: options.UserOption = "",
    as_json: options.JsonOption = False,
    watch: options.WatchOption = None,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Show the live sessions: who, from where, on which server."""
    from ftpair.cli.views import sessions_sheet
    from ftpair.cli.watching import Manner, Question, look

    wanted = {"service": service, "server": server, "user": user}
    look(Question(("sessions",), list[SessionRow], sessions_sheet, wanted), Manner(socket, as_json, watch))


def transfers(
    service: options.ServiceOption = "",
    server: options.ServerOption = "",
    user: options.UserOption = "",
    history: options.HistoryOption = False,
    client: options.ClientOption = "",
    path: options.PathOption = "",
    result: options.ResultOption = "",
    since: options.SinceOption = "",
    limit: options.LimitOption = 50,
    as_csv: options.CsvOption = False,
    as_json: options.JsonOption = False,
    watch: options.WatchOption = None,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Show the running transfers, or those that have ended."""
    from ftpair.cli import history as past
    from ftpair.cli.moments import moment
    from ftpair.cli.views import transfers_sheet
    from ftpair.cli.watching import Manner, Question, look

    wanted = {"service": service, "server": server, "user": user}
    sought = {"client": client, "path": path, "result": result, "from": since}
    if history:
        past.refuse_watching(watch)
        sought["from"] = str(moment(since, time.time()) or "")
        past.tell_history(socket, wanted | sought, past.Wish(limit, as_json, as_csv))
        return
    past.refuse_without_history(sought, as_csv)
    look(Question(("transfers",), list[TransferRow], transfers_sheet, wanted), Manner(socket, as_json, watch))


def top(
    every: options.EveryOption = 2.0,
    sort: options.SortOption = options.SessionOrder.RATE,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Watch services, servers and the busiest sessions."""
    from ftpair.cli import topping

    topping.top(socket, every, sort.value)


def log(
    level: options.LevelOption = "debug",
    contains: options.ContainsOption = "",
    process: options.ProcessOption = "",
    lines: options.LinesOption = 200,
    follow: options.FollowOption = False,
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Show the latest lines of the log, of all processes."""
    from ftpair.cli.journal import Manner, tell_log

    wanted = {"level": level, "contains": contains, "process": process, "limit": str(lines)}
    tell_log(socket, wanted, Manner(as_json, follow))


def clients(
    service: options.ServiceOption = "",
    as_json: options.JsonOption = False,
    watch: options.WatchOption = None,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Show which clients resume TLS on their data connections."""
    from ftpair.cli.clientele import clients_sheet
    from ftpair.cli.watching import Manner, Question, look

    question = Question(
        ("clients",), list[ClientRow], lambda rows: clients_sheet(rows, time.time()), {"service": service}
    )
    look(question, Manner(socket, as_json, watch))
