"""The demonstration from its first word to its exit status."""

import shutil
import signal
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ftpair.core.errors import SetupError
from ftpair.demo import show
from ftpair.demo.certificates import Papers, issue
from ftpair.demo.place import SECOND_VIP, Place
from ftpair.demo.stage import Stage
from ftpair.demo.trial import SIZES, WAYS, Outcome, Sample, StoppedError, Watch, Way, make_sample, try_way

COPIES = 1 + 2 * len(WAYS)
"""A file, and for each way in one on the server and one that came back, at the same time."""


def run(place: Place, sizes: tuple[int, ...] = SIZES, *, is_once: bool) -> int:
    """Start everything, move files, show the table; stay up unless `is_once`. Return the exit status."""
    place.require_ports()
    papers = issue(place.folder / "tls", place.vip, SECOND_VIP)
    show.console.print("Starting three real FTP servers and ftpair in front of them ...")
    with Stage(place, papers) as stage:
        show.console.print(f"ftpair serves {place.vip}: {_ports(place)}.")
        outcomes = prove(place, papers, sizes)
        show.console.print(show.table(outcomes))
        show.console.print(show.sum_up(outcomes))
        if not is_once:
            show.console.print(
                show.go_on(place, papers, stage.set_up_link()), soft_wrap=True, markup=False, highlight=False
            )
            return _stay(stage)
    return 0 if all(outcome.is_right for outcome in outcomes) else 1


def prove(place: Place, papers: Papers, sizes: tuple[int, ...]) -> list[Outcome]:
    """Move a file of each size up and down, by every way in at the same time."""
    samples = [make_sample(place.folder, size) for size in sizes]
    bars = show.Bars(sizes)
    watch = Watch(bars.moved, threading.Event())
    with bars.progress, ThreadPoolExecutor(len(WAYS)) as threads:
        running = [threads.submit(_one_way, place, papers, way, samples, watch) for way in WAYS]
        try:
            return [outcome for way in running for outcome in way.result()]
        finally:
            watch.stopped.set()


def demonstrate(*, is_once: bool) -> int:
    """Run the demonstration in a folder of its own, which is removed at its end."""
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="ftpair-demo-") as folder:
        _require_space(Path(folder))
        try:
            return run(Place(Path(folder)), is_once=is_once)
        except (KeyboardInterrupt, StoppedError):
            show.console.print("Stopped.")
            return 1


def _one_way(place: Place, papers: Papers, way: Way, samples: list[Sample], watch: Watch) -> list[Outcome]:
    return [outcome for sample in samples for outcome in try_way(place, papers.ca, way, sample, watch)]


def _stay(stage: Stage) -> int:
    try:
        status = stage.wait()
    except KeyboardInterrupt:
        return 0
    show.console.print(f"ftpair ended by itself, with exit status {status}.")
    return 1


def _require_space(folder: Path) -> None:
    wanted, free = COPIES * sum(SIZES), shutil.disk_usage(folder).free
    if free < wanted:
        raise SetupError(
            f"The demonstration needs {wanted >> 20} MiB in {folder.parent} and there are {free >> 20} MiB; "
            "name a larger place with TMPDIR."
        )


def _ports(place: Place) -> str:
    control = ", ".join(f"{entrance} TLS on {port}" for entrance, port in place.ports.items())
    return f"{control}, passive range {place.passive}"
