"""Another process of the same user: tries to read the memory of the processes named, and says how that went."""

import errno
import sys
from pathlib import Path

for pid in sys.argv[1:]:
    try:
        with Path(f"/proc/{pid}/mem").open("rb"):
            print(pid, "open")
    except OSError as error:
        print(pid, errno.errorcode[error.errno or 0])
