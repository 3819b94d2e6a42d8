"""What relays share: the more of them there are, the shorter their turns."""

import asyncio

from ftpair.dataplane.stock import LONGEST_TURN_BYTES, ROUND_BYTES, SHORTEST_TURN_BYTES, Stock
from ftpair.dataplane.watch import Watch


def test_a_few_transfers_have_long_turns_and_a_thousand_short_ones() -> None:
    loop = asyncio.new_event_loop()
    stock = Stock(Watch(loop))
    turns = [stock.turn_bytes]
    for _ in range(1000):
        stock.join()
        turns.append(stock.turn_bytes)
    assert turns[:3] == [LONGEST_TURN_BYTES] * 3
    assert turns[32] * 32 == ROUND_BYTES
    assert turns[1000] == SHORTEST_TURN_BYTES
    assert turns == sorted(turns, reverse=True)
    for _ in range(999):
        stock.leave()
    assert stock.turn_bytes == LONGEST_TURN_BYTES
    loop.close()
