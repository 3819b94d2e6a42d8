import socket

import pytest

from ftpair.core.errors import SetupError
from ftpair.demo.place import Place


def test_a_port_in_use_is_one_sentence_with_the_remedy(place):
    with socket.create_server(("127.0.0.110", 2990)), pytest.raises(SetupError) as refused:
        place.require_ports()
    assert refused.value.sentence == (
        "The demonstration cannot listen on 127.0.0.110:2990 (Address already in use). "
        "Does another one run? End what uses the port (`ss -ltnp` names it), then start again."
    )


def test_a_passive_port_in_use_is_seen_before_anything_is_started(place):
    with socket.create_server(("127.0.0.110", 10027)), pytest.raises(SetupError, match=r"127\.0\.0\.110:10027"):
        place.require_ports()


def test_the_passive_range_has_28_ports_outside_the_ephemeral_ones(tmp_path):
    passive = Place(tmp_path).passive
    assert len(passive) == 28
    assert passive.last < 32768
