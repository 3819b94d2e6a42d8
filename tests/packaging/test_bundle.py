"""What others made and the web UI needs is in the wheel, is fetched once, and its lack is told in one sentence."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hatch_build import FILES, SOURCES, VENDOR, bundle, icons

ROOT = Path(__file__).parents[2]
PARTS = {*FILES, "icons.svg", "licences/tabler.txt", "stamp"}
NOBODY = "http://127.0.0.1:9/"
"""A registry that is not reachable."""


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """The files of the repository as a clean clone has them."""
    folder = tmp_path_factory.mktemp("clone")
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def built(clean):
    """A wheel and an sdist of the clean clone."""
    pip("wheel", clean, "--wheel-dir", clean / "dist")
    return built_sdist(clean), next((clean / "dist").glob("*.whl"))


@pytest.fixture
def bare(tmp_path):
    """A folder that has what tells what to bundle, and nothing more."""
    for source in SOURCES:
        (tmp_path / source).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / source, tmp_path / source)
    return tmp_path


def pip(verb, folder, *more, **environment):
    command = (sys.executable, "-m", "pip", verb, "-qq", "--no-build-isolation", "--no-deps", folder, *more)
    return subprocess.run(command, env=os.environ | environment, check=True, capture_output=True, text=True)


def built_sdist(folder):
    command = (sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", folder / "dist")
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return next((folder / "dist").glob("*.tar.gz"))


def bundled(names, root):
    return {name.removeprefix(f"{root}/static/vendor/") for name in names if name.startswith(f"{root}/static/vendor/")}


def refusal(folder, **environment):
    """Return what a build says that cannot get the files."""
    command = (sys.executable, "-c", "import hatch_build, pathlib; hatch_build.bundle(pathlib.Path())")
    surroundings = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    done = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stderr


def test_the_wheel_of_a_clean_clone_is_complete(built):
    names = zipfile.ZipFile(built[1]).namelist()
    assert bundled(names, "ftpair/web") == PARTS
    assert not {f"ftpair/web/{source.name}" for source in SOURCES} & set(names), "what only a build needs"


def test_the_sdist_brings_what_a_wheel_needs_without_npm(built, tmp_path):
    shutil.unpack_archive(built[0], tmp_path)
    folder = next(tmp_path.glob("ftpair-*"))
    pip("wheel", folder, "--wheel-dir", tmp_path, PATH="/nowhere")
    assert bundled(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist(), "ftpair/web") == PARTS


def test_an_editable_installation_has_them_too():
    vendor = ROOT / VENDOR
    assert {str(path.relative_to(vendor)) for path in vendor.rglob("*") if path.is_file()} == PARTS


def test_nothing_is_fetched_twice(clean, built, bare):
    shutil.copytree(clean / VENDOR, bare / VENDOR)
    before = (bare / VENDOR / "stamp").stat().st_mtime_ns
    bundle(bare)
    assert (bare / VENDOR / "stamp").stat().st_mtime_ns == before


def test_another_lock_file_is_fetched_anew(clean, built, bare):
    shutil.copytree(clean / VENDOR, bare / VENDOR)
    with (bare / "src/ftpair/web/package-lock.json").open("a") as lock:
        lock.write("\n")
    assert "npm is missing" in refusal(bare, PATH="/nowhere")
    assert (bare / VENDOR / "tabler.min.css").is_file(), "what was there stays until there is something new"


def test_a_machine_without_npm_is_told_what_to_do(bare):
    assert refusal(bare, PATH="/nowhere") == (
        "ftpair: cannot bundle the files of the web UI: npm is missing;"
        " install it (apt-get install npm) or build from the sdist, which has these files\n"
    )


def test_a_machine_without_the_registry_is_told_what_to_do(bare, tmp_path):
    said = refusal(bare, npm_config_registry=NOBODY, npm_config_cache=str(tmp_path / "cache"))
    assert said == (
        "ftpair: cannot bundle the files of the web UI: npm ci failed (ECONNREFUSED); make the npm registry reachable"
        " (npm config set proxy, or registry) or build from the sdist, which has these files\n"
    )


def test_an_icon_that_does_not_exist_is_named(bare):
    with (bare / "src/ftpair/web/icons.txt").open("a") as names:
        names.write("no-such-icon\n")
    assert "names the icon no-such-icon, which @tabler/icons does not have" in refusal(bare)
    assert not (bare / VENDOR).exists()


def test_every_icon_is_a_symbol_of_the_sprite():
    drawn = (ROOT / VENDOR / "icons.svg").read_text()
    wanted = [f"{name.partition(':')[2]}-filled" if ":" in name else name for name in icons(ROOT)]
    assert [name for name in wanted if f'<symbol id="{name}" ' not in drawn] == []
