"""Whether all servers have the same: files and features."""

from collections import defaultdict
from collections.abc import Iterator

from ftpair.core.plan import TcpServicePlan
from ftpair.ftp.command import printable
from ftpair.probes.doctor.seen import FileSeen, Seen
from ftpair.probes.doctor.symptom import EVERYWHERE, Case, Symptom

MOST_SHOWN = 6


def look(case: Case) -> Iterator[Symptom]:
    """Yield what one server has and another has not."""
    for path in case.seen.order.files:
        yield from _file(case, path)
    if isinstance(case.seen.service, TcpServicePlan):  # In FTP mode clients see what all can do.
        yield from _features(case)


def _file(case: Case, path: str) -> Iterator[Symptom]:
    told = {seen.target.name: file for seen in case.seen.servers if (file := _told(seen, path))}
    if not told:
        return
    if len({(file.is_there, file.size, file.modified) for file in told.values()}) > 1:
        sentence = "; ".join(f"{name}: {_of(file)}" for name, file in told.items())
        yield Symptom("files-differ", EVERYWHERE, f"{path} differs: {sentence}.", about=path)
    elif not next(iter(told.values())).is_there:
        sentence = f"{path} is on no server: {next(iter(told.values())).answer}."
        yield Symptom("files-differ", EVERYWHERE, sentence, about=path)


def _told(seen: Seen, path: str) -> FileSeen | None:
    return next((visit.files[path] for visit in seen.visits if path in visit.files), None)


def _of(file: FileSeen) -> str:
    if not file.is_there:
        return f"not there ({file.answer})"
    size = f"{file.size} bytes" if file.size >= 0 else "of unknown size"
    return f"{size}, of {file.modified} UTC" if file.modified else size


def _features(case: Case) -> Iterator[Symptom]:
    told = {name: features for seen in case.seen.servers for name, features in _features_of(seen)}
    if len(set(told.values())) < 2:
        return
    common = frozenset.intersection(*told.values())
    having: dict[str, list[str]] = defaultdict(list)
    for name, features in told.items():
        for feature in sorted(features - common):
            having[feature].append(name)
    shown = [f"{printable(feature.encode(), 60)} ({', '.join(names)})" for feature, names in having.items()]
    more = ", …" if len(shown) > MOST_SHOWN else ""
    sentence = f"Not every server has in FEAT: {', '.join(shown[:MOST_SHOWN])}{more}."
    yield Symptom("features-differ", EVERYWHERE, sentence)


def _features_of(seen: Seen) -> Iterator[tuple[str, frozenset[str]]]:
    for visit in seen.visits:
        if visit.features is not None and visit.mode.version:
            yield seen.target.name, frozenset(feature.upper() for feature in visit.features)
            return
