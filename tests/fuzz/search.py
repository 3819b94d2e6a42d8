"""One search by atheris in one target: `python -m tests.fuzz.search TARGET CORPUS -max_total_time=60`."""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ftpair.ftp", "ftpair.session"]):
    from tests.fuzz.targets import LONG_SEEDS, LONGEST_BYTES, SEEDS, TARGETS

SLOWEST_S = 5
"""One input that takes longer is a finding: it keeps a whole worker waiting."""


def main() -> None:
    """Search until libFuzzer's options say stop; a finding ends the process and is written beside the corpus."""
    name, corpus, *options = sys.argv[1:]
    for number, seed in enumerate(SEEDS[name] + LONG_SEEDS.get(name, ())):
        (Path(corpus) / f"seed-{number}").write_bytes(seed)
    bounds = [f"-max_len={LONGEST_BYTES.get(name, 2048)}", f"-timeout={SLOWEST_S}"]
    arguments = [sys.argv[0], corpus, f"-artifact_prefix={corpus}/finding-", *bounds, *options]
    atheris.Setup(arguments, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
