"""`python -m ftpair.app.proof FILE`: proves that the ftpair that is installed can serve by a configuration file.

Run by a supervisor that is to make way for it, so that what cannot start is found before anything has changed. Prints
the version, or what is wrong, one problem per line.
"""

import sys
from pathlib import Path

import ftpair.app.supervisor
from ftpair.config.check import check
from ftpair.config.problems import InvalidConfigError, describe
from ftpair.config.slots import Slots
from ftpair.core.errors import FtpairError


def main(arguments: list[str]) -> int:
    """Print the outcome; return the exit status."""
    try:
        check(Path(arguments[0]), 1, Slots())
    except InvalidConfigError as error:
        sys.stderr.writelines(f"{describe(problem)}\n" for problem in error.problems)
        return error.exit_status
    except FtpairError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return error.exit_status
    sys.stdout.write(f"{ftpair.__version__}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
