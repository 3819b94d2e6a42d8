"""Tests of ftpair.imports."""
