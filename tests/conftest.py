"""What holds for all tests."""

from hypothesis import settings

settings.register_profile("ftpair", deadline=None)  # Machines are shared: time is measured by `make bench` alone.
settings.load_profile("ftpair")
