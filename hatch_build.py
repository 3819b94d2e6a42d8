"""The build's own step: bundle the style sheets, scripts and icons of others into `src/ftpair/web/static/vendor`.

They come from npm as `src/ftpair/web/package-lock.json` pins them, and stand in the wheel, in the sdist and, for an
editable installation, in the source folder. Bundled once, nothing is fetched again until the lock file, the list of
icons or this file changes; what an sdist brings needs no npm. `python hatch_build.py` does the same without a build.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
WEB = Path("src/ftpair/web")
VENDOR = WEB / "static" / "vendor"
SOURCES = (WEB / "package.json", WEB / "package-lock.json", WEB / "icons.txt", WEB / "tabler-licence.txt")
FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "idiomorph-ext.min.js": "idiomorph/dist/idiomorph-ext.min.js",
    "uplot.min.js": "uplot/dist/uPlot.iife.min.js",
    "uplot.min.css": "uplot/dist/uPlot.min.css",
    "licences/tabler-icons.txt": "@tabler/icons/LICENSE",
    "licences/popper.txt": "@popperjs/core/LICENSE.md",
    "licences/htmx.txt": "htmx.org/LICENSE",
    "licences/idiomorph.txt": "idiomorph/LICENSE",
    "licences/uplot.txt": "uplot/LICENSE",
}
"""What is bundled, by its name there, and where it lies in node_modules."""

NPM = (
    *("ci", "--ignore-scripts", "--no-audit", "--no-fund"),
    *("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000"),
)
STYLES = ("fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin")
"""The attributes of an icon that its symbol keeps."""


class VendorHook(BuildHookInterface[Any]):
    """What hatchling calls before it packs a wheel (an editable one, too) or an sdist."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  (hatchling's signature)
        """Have the files there; a build that cannot get them ends with one sentence."""
        bundle(Path(self.root))


def bundle(root: Path) -> None:
    """Bundle the files below `root`, unless its stamp says that they are there already."""
    wanted = fingerprint(root)
    vendor = root / VENDOR
    stamp = vendor / "stamp"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    with tempfile.TemporaryDirectory(prefix="ftpair-npm-") as name:
        gathered = gather(root, fetched(root, Path(name)), Path(name) / "vendor")
        shutil.rmtree(vendor, ignore_errors=True)
        shutil.copytree(gathered, vendor)
    stamp.write_text(wanted)


def gather(root: Path, modules: Path, folder: Path) -> Path:
    """Copy what is needed of `modules` into `folder`, draw the sprite there, and return `folder`."""
    for target, source in FILES.items():
        _copy(modules / source, folder / target)
    _copy(root / WEB / "tabler-licence.txt", folder / "licences/tabler.txt")
    (folder / "icons.svg").write_text(sprite(modules / "@tabler/icons/icons", icons(root)))
    return folder


def fingerprint(root: Path) -> str:
    """Return what tells one bundle from another: a digest of all that it is made by."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for source in SOURCES:
        digest.update((root / source).read_bytes())
    return digest.hexdigest()


def fetched(root: Path, folder: Path) -> Path:
    """Let npm fetch the packages of the lock file into `folder`; returns its node_modules."""
    npm = shutil.which("npm")
    if npm is None:
        _give_up("npm is missing; install it (apt-get install npm) or build from the sdist, which has these files")
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(root / WEB / name, folder / name)
    done = subprocess.run([npm, *NPM], cwd=folder, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603  (npm by its path, no shell)
    if done.returncode:
        _give_up(
            f"npm ci failed ({_reason(done.stderr)}); make the npm registry reachable (npm config set proxy, or"
            " registry) or build from the sdist, which has these files"
        )
    return folder / "node_modules"


def icons(root: Path) -> Iterable[str]:
    """Return the names of the icons that the pages use: `server`, `filled:circle`."""
    lines = (root / WEB / "icons.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def sprite(folder: Path, names: Iterable[str]) -> str:
    """Return one SVG of all `names` as symbols: `server` is `#server`, `filled:circle` is `#circle-filled`."""
    symbols = "\n".join(_symbol(folder, name) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def _symbol(folder: Path, name: str) -> str:
    kind, _, plain = name.rpartition(":")
    path = folder / (kind or "outline") / f"{plain}.svg"
    if not path.is_file():
        _give_up(
            f"{WEB / 'icons.txt'} names the icon {name}, which @tabler/icons does not have; look for it at tabler.io"
        )
    opening, _, drawing = path.read_text().partition(">")
    styles = " ".join(found for found in re.findall(r'[\w-]+="[^"]*"', opening) if found.split("=")[0] in STYLES)
    body = "".join(line.strip() for line in drawing.rpartition("</svg>")[0].splitlines())
    return f'<symbol id="{plain}{kind and f"-{kind}"}" viewBox="0 0 24 24" {styles}>{body}</symbol>'


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _reason(said: str) -> str:
    code = re.search(r"\bcode (\w+)", said)
    return code[1] if code else said.strip().rpartition("\n")[2]


def _give_up(sentence: str) -> NoReturn:
    # The frontend (pip, build) shows what stands on stderr; an exception would show a traceback there.
    sys.exit(f"ftpair: cannot bundle the files of the web UI: {sentence}")


if __name__ == "__main__":
    bundle(ROOT)
