"""Commands that tell what to do on real servers and firewalls; they read the file, and need no running ftpair."""

from pathlib import Path
from typing import Annotated

import typer

from ftpair.cli import names
from ftpair.cli.options import DEFAULT_CONFIGURATION

GuidedServiceArgument = Annotated[
    str, typer.Argument(metavar="SERVICE", help="The service.", autocompletion=names.complete_service)
]
ServerArgument = Annotated[str, typer.Argument(metavar="SERVER", help="The real server.")]
KindOption = Annotated[
    str,
    typer.Option(metavar="KIND", help="Its make: iis, vsftpd, proftpd, pure-ftpd, filezilla-server or pyftpdlib."),
]
PartOption = Annotated[
    str, typer.Option(metavar="PART", help="Only `steps`, or only that file, to be written where it belongs.")
]
FormatOption = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help="nftables, iptables, ufw, windows, aws or azure.")
]
ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", metavar="FILE", envvar="FTPAIR_CONFIG", help="The configuration file.")
]


def guide(
    service: GuidedServiceArgument,
    server: ServerArgument,
    kind: KindOption,
    part: PartOption = "",
    config: ConfigOption = DEFAULT_CONFIGURATION,
) -> None:
    """Tell what to do on a real server: steps, and files for it."""
    from ftpair.cli.guiding import tell_guide

    tell_guide(config, (service, server), kind, part)


def firewall(
    service: GuidedServiceArgument,
    format_: FormatOption = "nftables",
    config: ConfigOption = DEFAULT_CONFIGURATION,
) -> None:
    """Print the rules that a firewall in front of a service needs."""
    from ftpair.cli.guiding import tell_firewall

    tell_firewall(config, service, format_)
