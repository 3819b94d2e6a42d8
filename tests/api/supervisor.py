"""A supervisor for the doors: a real socket, a real channel and the real API process; only the answers are given."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace

import httpx

from ftpair.api import account_examples, certificate_examples, doctor_examples, examples, guide_examples, pool_examples
from ftpair.core.account_actions import (
    AddToken,
    AddUser,
    AuditIs,
    BeginTotp,
    ChangePassword,
    ChangeUser,
    ConfirmTotp,
    Denied,
    EndTotp,
    GetAudit,
    GetSetUpLink,
    GetTokens,
    GetUsers,
    LoggedIn,
    LogIn,
    LogOut,
    RemoveToken,
    RemoveUser,
    SetUpLinkIs,
    TokenIs,
    TokensAre,
    TotpIs,
    UsersAre,
)
from ftpair.core.accounts import AuditRow, Identity, Role, TokenRow, UserRow
from ftpair.core.actions import (
    AddBan,
    Applied,
    Apply,
    BansAre,
    ClientsAre,
    ConfigurationIs,
    Confirm,
    FindRoute,
    GetBans,
    GetClients,
    GetConfiguration,
    GetLog,
    GetMetrics,
    GetNews,
    GetReport,
    GetRevisions,
    GetSessions,
    GetStatus,
    GetTransferHistory,
    GetWaiting,
    KillSession,
    LiftBan,
    LogIs,
    Metrics,
    NewsAre,
    PatchConfiguration,
    Refused,
    ReportIs,
    RevisionsAre,
    RollBack,
    RouteIs,
    Said,
    SaveConfiguration,
    SessionTable,
    SetAdmin,
    StatusIs,
    TransferHistoryIs,
    WaitingIs,
)
from ftpair.core.certificates import (
    CertificateIs,
    CertificatesAre,
    DeleteCertificate,
    GetCertificates,
    SaveCertificate,
)
from ftpair.core.clientele import Seen, client_rows
from ftpair.core.guides import FirewallIs, GetFirewall, GetGuide, GuideIs
from ftpair.core.health import GetHealth, HealthIs
from ftpair.core.jobs import EndJob, GetJob, GetJobs, JobIs, JobsAre, StartDoctor
from ftpair.core.limits import Ban
from ftpair.core.log_lines import LogLine
from ftpair.core.messages import Ready, Stop, UseWeb
from ftpair.core.plan import WebPlan
from ftpair.core.pools import GetPools, PoolsAre, SetWeight
from ftpair.core.requests import FromApi, Request, Response
from ftpair.core.revisions import Revision
from ftpair.core.status import (
    Health,
    NodeStatus,
    RouteStatus,
    Sample,
    ServerStatus,
    ServiceStatus,
    SessionRow,
    TransferRow,
    WorkerStatus,
)
from ftpair.core.transfers import PastTransfer
from ftpair.core.upgrades import Upgrade
from ftpair.dataplane.channel import Channel, socketpair

SILENCE = object()
SEEN = (
    Seen("FTPS_VIP", "198.51.100.7", "alice", "FileZilla", resumed=12, tls="TLSv1.3", at=1767225600.0),
    Seen("OTHER_VIP", "198.51.100.8", "bob", "", not_resumed=3, tls="TLSv1.2", at=1767225500.0),
)
"""What the workers have seen of clients."""
USERS = (
    UserRow(**account_examples.USER),
    UserRow("ben", Role.VIEWER, has_totp=False, is_disabled=True, made=1767225600.0),
)


def server(name, **changes):
    return ServerStatus(**examples.SERVER | {"name": name, "bytes_per_second": 2**20} | changes)


def service(name="FTPS_VIP", **changes):
    servers = server("FTP_SVR1"), server("FTP_SVR2", health=Health.DOWN, reason="connection refused", sessions=0)
    figures = {"passive_ports_in_use": 7, "sessions": 6, "transfers": 2, "max_sessions": 500}
    known = {"name": name, "bytes_per_second": 120.5 * 2**20, "reason": "2 of 2 servers take new sessions"}
    return ServiceStatus(**examples.SERVICE | figures | known | {"servers": servers} | changes)


def node(**changes):
    row = NodeStatus(
        version="0.1.0",
        revision=4,
        started=1_700_000_000.0,
        is_ready=True,
        is_draining=False,
        last_apply="revision 4: 2 steps",
        last_apply_successful=True,
        services=(service(), service("OTHER_VIP", servers=(server("FTP_SVR1"), server("FTP_SVR9")))),
        workers=(WorkerStatus(0, 4711, is_ready=True, sessions=6, restarts=0, loop_lag_seconds=0.001, open_fds=40),),
    )
    return replace(row, **changes)


def session(**changes):
    return SessionRow(**examples.SESSION | changes)


def transfer(**changes):
    return TransferRow(**examples.TRANSFER | changes)


def past_transfer(**changes):
    return PastTransfer(**examples.PAST_TRANSFER | changes)


def admin_sentence(action):
    known = [one for one in node().services if one.name == action.service]
    if not known or action.server not in [one.name for one in known[0].servers]:
        return Refused("not-found", f"there is no server {action.service} {action.server}")
    return Said(f"{action.admin.value} {action.server}: 3 sessions stay, 1 transfer")


def configuration(action):
    name = {"file": "/etc/ftpair/ftpair.yaml", "running": "revision 4, running"}.get(
        action.which, f"revision {action.which}"
    )
    return ConfigurationIs(name, f"{action.which}: 1\n", f'"tag of {action.which}"')


def logged_in(action):
    if action.password != "correct horse":
        return Refused("not-identified", "the user, the password or the code is wrong")
    return LoggedIn("cookie", Identity(action.user, Role.OPERATOR, "web", action.address), "word")


def usual_answers():
    """Every action with the answer of a healthy node; a callable makes it from the action."""
    return {
        GetStatus: StatusIs(node()),
        GetSessions: SessionTable((session(), session(id="1-2", user="bob", server="FTP_SVR2")), (transfer(),)),
        GetMetrics: Metrics((Sample("commands_total", ("USER",), 12.0),), (Sample("config_revision", (), 4.0),)),
        GetNews: NewsAre(node(), (), 0),
        GetTransferHistory: TransferHistoryIs((past_transfer(), past_transfer(number=1206, result="cut")), 0, 0),
        GetReport: ReportIs("bytes/s", 10, ((1767225590, 2.5), (1767225600, None))),
        GetLog: LogIs((LogLine(3, 1767225600.0, "info", "worker 0", "a line"),), 3),
        SetAdmin: admin_sentence,
        FindRoute: lambda action: (
            RouteIs(RouteStatus(**examples.ROUTE | {"service": action.service}))
            if action.service == "FTPS_VIP"
            else Refused("not-found", f"no service {action.service!r}; there are: FTPS_VIP")
        ),
        GetClients: ClientsAre(client_rows(SEEN)),
        GetBans: BansAre((Ban(**examples.BAN), Ban("OTHER_VIP", "user", "anna", 1767226500.0, "by hand"))),
        AddBan: lambda action: Said(f"{action.by} {action.subject} for {action.for_s} s"),
        LiftBan: Said("lifted"),
        Upgrade: Said("upgrading from 0.1.0 to 0.2.0: 3 sessions on 2 workers go on"),
        KillSession: lambda action: (
            Said("kill 0-1f: ended")
            if action.session == "0-1f"
            else Refused("not-found", f"no session {action.session}")
        ),
        Apply: Applied(5, ("add server FTP_SVR3 to FTPS_VIP",)),
        Confirm: Said("revision 5 is confirmed and stays"),
        RollBack: Applied(7, ("add server FTP_SVR3 to FTPS_VIP",)),
        SaveConfiguration: Applied(6, ("add server FTP_SVR3 to FTPS_VIP",)),
        PatchConfiguration: Applied(6, ("add server FTP_SVR3 to FTPS_VIP",)),
        GetRevisions: RevisionsAre((Revision(5, 1767225600.0, "root", ""), Revision(4, 1767225000.0, "file", "found"))),
        GetConfiguration: configuration,
        Denied: lambda action: Refused("not-allowed", action.sentence),
        LogIn: logged_in,
        LogOut: Said("anna is logged out"),
        ChangePassword: Said("anna has a new password; log in with it"),
        BeginTotp: TotpIs("otpauth://totp/ftpair:local?secret=JBSW", "JBSW"),
        ConfirmTotp: Said("local gives a code at every login from now on"),
        EndTotp: Said("local needs no code any more"),
        GetUsers: UsersAre(USERS),
        GetSetUpLink: SetUpLinkIs("https://127.0.0.1:8443/setup?key=secret"),
        AddUser: lambda action: Said(f"{action.user} may log in as {action.role.value}"),
        ChangeUser: lambda action: Said(f"{action.user} is changed"),
        RemoveUser: lambda action: Said(f"{action.user} is removed"),
        GetTokens: TokensAre((TokenRow(**account_examples.TOKEN),)),
        AddToken: lambda action: TokenIs("ftpair_secret", f"token {action.name}"),
        RemoveToken: lambda action: Said(f"token {action.name} is removed"),
        GetAudit: AuditIs((AuditRow(**account_examples.AUDIT),)),
        StartDoctor: JobIs(doctor_examples.JOB),
        GetJobs: JobsAre((doctor_examples.JOB,)),
        GetJob: lambda action: (
            JobIs(doctor_examples.JOB)
            if action.job == doctor_examples.JOB.id
            else Refused("not-found", f"no job {action.job!r}")
        ),
        GetCertificates: CertificatesAre((certificate_examples.ENTRY,)),
        SaveCertificate: CertificateIs(certificate_examples.ENTRY, certificate_examples.KEPT, 7),
        DeleteCertificate: lambda action: Said(f"{action.name} is taken out"),
        GetHealth: HealthIs((pool_examples.SERVER_HEALTH,)),
        GetPools: PoolsAre((pool_examples.POOL_STATUS,)),
        SetWeight: lambda action: Applied(8, (f"{action.service}: weight of {action.server} 100 -> {action.weight}",)),
        GetGuide: GuideIs(guide_examples.TEXT),
        GetFirewall: FirewallIs(guide_examples.FIREWALL),
        EndJob: lambda action: Said(f"job {action.job}: ended"),
        GetWaiting: WaitingIs(is_changed=True, steps=("add server FTP_SVR3 to FTPS_VIP",)),
    }


class Supervisor:
    """Answers what the API process asks; `answers` may be changed at any time, `actions` is what was asked."""

    def __init__(self, folder):
        self.path = folder / "ftpair.sock"
        self.answers = usual_answers()
        self.actions = []
        self.ready = threading.Event()
        self.process = None
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self.path.chmod(0o600)
        self._listener.listen(16)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def start_api(self):
        self.ready.clear()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        assert self.ready.wait(20), "the API process never said Ready"

    def replace_api(self):
        self.process.kill()
        self.process.wait()
        self.start_api()

    def say_stop(self):
        self._loop.call_soon_threadsafe(self.channel.send, Stop(1.0))

    def serve_https(self, papers, port=0):
        """Let it serve the web UI; return the port on 127.0.0.1, a free one if none is given."""
        with socket.create_server(("127.0.0.1", port)) as listener:
            port = listener.getsockname()[1]
            web = UseWeb(WebPlan("127.0.0.1", port, papers))
            fd = os.dup(listener.fileno())
        self._loop.call_soon_threadsafe(self._hand_over, web, fd)
        return port

    def _hand_over(self, web, fd):
        self.channel.send(web, (fd,))
        os.close(fd)

    def leave_channel(self):
        self._loop.call_soon_threadsafe(self.channel.close)

    def http(self, timeout=30):
        return httpx.Client(
            transport=httpx.HTTPTransport(uds=str(self.path)), base_url="http://ftpair", timeout=timeout
        )

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._loop.call_soon_threadsafe(self.channel.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._listener.close()

    async def _start(self):
        ours, theirs = socketpair()
        self.channel = Channel(ours, FromApi, self._hear, lambda: None)
        fds = theirs.fileno(), self._listener.fileno()
        command = [sys.executable, "-m", "ftpair.web", "--channel", str(fds[0]), "--listen", str(fds[1])]
        with theirs:
            self.process = subprocess.Popen(command, pass_fds=fds, stderr=subprocess.PIPE, text=True)

    def _hear(self, message, _fds):
        if isinstance(message, Ready):
            self.ready.set()
        if isinstance(message, Request):
            self.actions.append(message.action)
            given = self.answers[type(message.action)]
            result = given(message.action) if callable(given) else given
            if result is not SILENCE:
                self.channel.send(Response(message.number, result))


@contextmanager
def running(folder):
    """A supervisor with its API process, ended at the end."""
    supervisor = Supervisor(folder)
    try:
        supervisor.start_api()
        yield supervisor
    finally:
        supervisor.close()
