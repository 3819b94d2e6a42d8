"""Configurations of other balancers, turned into one of ftpair: YAML on stdout, what was not carried on stderr."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ftpair.cli.show import say, talk
from ftpair.config.load import why_unreadable
from ftpair.core.errors import FtpairError, WrongRequestError
from ftpair.core.units import counted
from ftpair.imports.haproxy import import_haproxy
from ftpair.imports.notes import Imported
from ftpair.imports.proftpd import import_proftpd

IMPORTS: Mapping[str, Callable[..., Imported]] = {"haproxy": import_haproxy, "proftpd": import_proftpd}


def tell_import(kind: str, file: Path, ports: Mapping[str, int]) -> None:
    """Print what becomes of a file; `ports` are control ports of an HAProxy file, by kind. Raises FtpairError."""
    if kind not in IMPORTS:
        raise WrongRequestError(f"{kind!r} is none that can be imported: write {', '.join(IMPORTS)}")
    if ports and kind != "haproxy":
        raise WrongRequestError("--explicit and --implicit are for haproxy: a file of ProFTPD says which port is which")
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise FtpairError(why_unreadable(error, file, "write the path of the file to be imported")) from None
    imported = IMPORTS[kind](text, **ports)
    for line in _yaml(imported.configuration).splitlines():
        say(line)
    for note in imported.notes:
        talk(str(note))
    services = imported.configuration["virtual_services"]
    talk(f"{counted(len(services), 'service')} imported; look at it with `ftpair check`, then at the lines above.")


def _yaml(configuration: dict[str, Any]) -> str:
    out = io.StringIO()
    writer = YAML()
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.dump(configuration, out)
    return out.getvalue()
