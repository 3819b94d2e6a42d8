"""Where a file can be replaced: every folder on the way to it in which a name of the way stands."""

from collections.abc import Iterable
from pathlib import Path

_MOST_LINKS = 40
"""As many as Linux follows."""

Names = dict[Path, set[str]]
"""Folders, and the names in them on which a file depends."""


def places_of(files: Iterable[Path]) -> Names:
    """Return the folders and names that decide what absolute paths mean.

    A file may be written anew, renamed over, or reached through links: of itself (certbot) or of a folder on its way
    (Kubernetes). What is not there yet is awaited in the last folder that is.
    """
    names: Names = {}
    for file in files:
        _follow(file, names, _MOST_LINKS)
    return names


def _follow(path: Path, names: Names, links: int) -> None:
    here = Path(path.anchor)
    parts = path.parts[1:]
    for place, part in enumerate(parts):
        if part == "..":
            here = here.parent
            continue
        step = here / part
        is_last = place == len(parts) - 1
        if is_last or step.is_symlink() or not step.exists():
            names.setdefault(here, set()).add(part)
        if step.is_symlink() and links:
            _follow(here.joinpath(step.readlink(), *parts[place + 1 :]), names, links - 1)
            return
        if not step.exists():
            return
        here = step
