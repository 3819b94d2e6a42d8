"""The laboratory's folder and authority are the suite's, too."""

from tests.interop.conftest import authority, lab_folder

__all__ = ["authority", "lab_folder"]
