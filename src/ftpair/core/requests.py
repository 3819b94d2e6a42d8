"""What a door asks of the supervisor, and the answer: the closed unions of all actions and all answers.

One question, one answer, by its number, over the channel of `core.messages`.
"""

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
    Identify,
    IdentityIs,
    LoggedIn,
    LogIn,
    LogOut,
    RemoveToken,
    RemoveUser,
    SetUp,
    SetUpLinkIs,
    TokenIs,
    TokensAre,
    TotpIs,
    UsersAre,
)
from ftpair.core.accounts import Identity
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
from ftpair.core.guides import FirewallIs, GetFirewall, GetGuide, GuideIs
from ftpair.core.health import GetHealth, HealthIs
from ftpair.core.jobs import EndJob, GetJob, GetJobs, JobIs, JobsAre, StartDoctor
from ftpair.core.messages import Beat, LogLines, Message, Ready, Stop, UseLog, UseWeb
from ftpair.core.pools import GetPools, PoolsAre, SetWeight
from ftpair.core.upgrades import Upgrade


class Request(Message, frozen=True, tag=True):
    """An action with the number that its answer will carry, and who asks for it."""

    number: int
    who: Identity
    action: (
        FindRoute
        | GetStatus
        | GetSessions
        | GetClients
        | GetMetrics
        | GetWaiting
        | GetNews
        | GetLog
        | GetReport
        | GetTransferHistory
        | SetAdmin
        | GetBans
        | AddBan
        | LiftBan
        | KillSession
        | Apply
        | Confirm
        | RollBack
        | GetRevisions
        | GetConfiguration
        | SaveConfiguration
        | PatchConfiguration
        | Identify
        | StartDoctor
        | GetJobs
        | GetJob
        | EndJob
        | GetCertificates
        | SaveCertificate
        | DeleteCertificate
        | GetGuide
        | GetFirewall
        | SetUp
        | LogIn
        | LogOut
        | Denied
        | GetSetUpLink
        | GetUsers
        | AddUser
        | ChangeUser
        | RemoveUser
        | ChangePassword
        | BeginTotp
        | ConfirmTotp
        | EndTotp
        | GetTokens
        | AddToken
        | RemoveToken
        | GetAudit
        | GetHealth
        | GetPools
        | SetWeight
        | Upgrade
    )


Answer = (
    StatusIs
    | RouteIs
    | SessionTable
    | ClientsAre
    | BansAre
    | Metrics
    | NewsAre
    | LogIs
    | ReportIs
    | TransferHistoryIs
    | Said
    | Applied
    | RevisionsAre
    | WaitingIs
    | ConfigurationIs
    | IdentityIs
    | JobsAre
    | JobIs
    | CertificatesAre
    | CertificateIs
    | GuideIs
    | FirewallIs
    | SetUpLinkIs
    | LoggedIn
    | UsersAre
    | TotpIs
    | TokensAre
    | TokenIs
    | AuditIs
    | HealthIs
    | PoolsAre
    | Refused
)
"""What an action is answered with."""


class Response(Message, frozen=True, tag=True):
    """The answer to the request of that number."""

    number: int
    result: Answer


ToApi = Response | UseLog | UseWeb | Stop
FromApi = Ready | Beat | Request | LogLines
