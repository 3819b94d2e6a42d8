"""The files of a certificate that ftpair keeps itself: `tls/NAME.pem` and `tls/NAME.key` beside the configuration."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from ftpair.config.save import replace_file
from ftpair.core.errors import SetupError

FOLDER = "tls"
_FOLDER_MODE = 0o750
_CHAIN_MODE, _KEY_MODE = 0o644, 0o600
_Value = TypeVar("_Value")


class Replace(Protocol):
    """Writes a file in one step."""

    def __call__(self, path: Path, content: bytes, new_mode: int, /) -> None:
        """Raise OSError if it cannot be."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands in both files; None: there is no such file."""

    chain: bytes | None = None
    key: bytes | None = None


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Chain and key of one name; their paths as the configuration has them are relative to its folder."""

    base: Path
    name: str
    replace: Replace = replace_file

    @property
    def entry(self) -> dict[str, str]:
        """What stands in the configuration."""
        return {"certificate": f"{FOLDER}/{self.name}.pem", "key": f"{FOLDER}/{self.name}.key"}

    def read(self) -> Contents:
        """Return what stands in them now. Raises SetupError."""
        return self._trying(lambda: Contents(*(_content(path) for path in self._paths)))

    def write(self, wanted: Contents) -> None:
        """Make both files say this, or neither. Raises SetupError."""
        former = self.read()
        try:
            self._trying(lambda: self._put(wanted))
        except SetupError:
            self._trying(lambda: self._put(former))
            raise

    @property
    def _paths(self) -> tuple[Path, Path]:
        return self.base / self.entry["certificate"], self.base / self.entry["key"]

    def _put(self, wanted: Contents) -> None:
        chain, key = self._paths
        key.parent.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        if key.exists():
            key.chmod(_KEY_MODE)  # Whoever has made it: it is to hold a secret.
        for path, content, mode in ((key, wanted.key, _KEY_MODE), (chain, wanted.chain, _CHAIN_MODE)):
            if content is None:
                path.unlink(missing_ok=True)
            elif content != _content(path):
                self.replace(path, content, mode)

    def _trying(self, doing: Callable[[], _Value]) -> _Value:
        try:
            return doing()
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            remedy = "the user that ftpair runs as must be allowed to write there"
            raise SetupError(f"{self._paths[0]} cannot be written ({why}): {remedy}; nothing was changed") from None


def _content(path: Path) -> bytes | None:
    """Return what a file holds. Raises OSError, for a link too: what it leads to belongs to somebody else."""
    if path.is_symlink():
        raise OSError(f"it is a link to {path.readlink()}, which belongs to somebody else")
    return path.read_bytes() if path.exists() else None
