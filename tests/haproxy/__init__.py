"""Tests of ftpair.haproxy: real HAProxy wherever it is asked or told something."""
