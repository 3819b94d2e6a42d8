"""Shows a Python process another wall clock than the machine's: `time.time()` plus what a shared file says.

Found by every process that has this folder in PYTHONPATH. The clock of the machine stays: setting it would strike all
that run on it. `time.monotonic()`, OpenSSL and the kernel go by it.
"""

import mmap
import os
import struct
import time

with open(os.environ["FTPAIR_OTHER_CLOCK"], "rb") as source:  # noqa: PTH123 - Nothing more is imported than must be.
    _SHIFT = mmap.mmap(source.fileno(), 8, prot=mmap.PROT_READ)
_OWN = time.time
time.time = lambda: _OWN() + struct.unpack("d", _SHIFT[:])[0]
