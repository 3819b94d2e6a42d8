"""Tests of ftpair.guides: what is printed, by real parsers, real firewalls and real servers."""
