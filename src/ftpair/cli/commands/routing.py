"""The command that explains routes."""

from typing import Annotated

import typer

from ftpair.cli import names, options
from ftpair.cli.names import DEFAULT_SOCKET

RoutedServiceArgument = Annotated[
    str, typer.Argument(metavar="SERVICE", help="The service.", autocompletion=names.complete_service)
]
RoutedUserOption = Annotated[str, typer.Option("--user", metavar="USER", help="The name that it logs in by.")]
FromOption = Annotated[str, typer.Option("--from", metavar="ADDRESS", help="Its IP address.")]
HostOption = Annotated[str, typer.Option("--host", metavar="HOST", help="What it names with HOST.")]
SniOption = Annotated[str, typer.Option("--sni", metavar="NAME", help="What it asks for in its TLS handshake.")]
CertificateOption = Annotated[
    str, typer.Option("--certificate", metavar="NAME", help="The common name in its certificate.")
]
SubjectOption = Annotated[
    str, typer.Option("--certificate-subject", metavar="SUBJECT", help="The whole subject in it: CN=ann,O=Example.")
]
SanOption = Annotated[
    str, typer.Option("--certificate-san", metavar="NAME", help="Another name in it: email:ann@example.org.")
]


def route(
    service: RoutedServiceArgument,
    user: RoutedUserOption = "",
    client: FromOption = "",
    host: HostOption = "",
    sni: SniOption = "",
    certificate: CertificateOption = "",
    certificate_subject: SubjectOption = "",
    certificate_san: SanOption = "",
    as_json: options.JsonOption = False,
    socket: options.SocketOption = DEFAULT_SOCKET,
) -> None:
    """Explain where a session would go, without a connection."""
    from ftpair.cli.sheet import line
    from ftpair.cli.watching import Manner, Question, look
    from ftpair.core.status import RouteStatus

    traits = {
        "user": user,
        "from": client,
        "host": host,
        "sni": sni,
        "certificate": certificate,
        "certificate_subject": certificate_subject,
        "certificate_san": certificate_san,
    }
    question = Question(("services", service, "route"), RouteStatus, lambda found: (line(found.sentence),), traits)
    look(question, Manner(socket, as_json, None))
