"""A client's lines: given at once to who behaves, one by one to who does not, and to the end for who floods."""

import asyncio

from ftpair.core.limits import Limits
from ftpair.dataplane.intake import FEWEST_GROSS, Intake


class Client:
    """Lines that were given, and whether the flood was noticed."""

    def __init__(self, **limits) -> None:
        self.lines: list[bytes] = []
        self.abuses = 0
        self.intake = Intake(asyncio.get_running_loop(), Limits(**limits), self.lines.append, self._abuse)

    def _abuse(self) -> None:
        self.abuses += 1


def play(scenario) -> None:
    asyncio.run(scenario())


def test_without_a_limit_every_line_is_given_at_once():
    async def scenario():
        client = Client()
        client.intake.feed(b"NOOP\r\n" * 5000 + b"NO", 1.0)
        assert client.lines == [b"NOOP"] * 5000
        assert (client.intake.is_slowed, client.intake.has_more, client.abuses) == (False, True, 0)

    play(scenario)


def test_a_line_that_is_not_finished_is_as_old_as_its_first_byte():
    async def scenario():
        intake = Client().intake
        intake.feed(b"NO", 1.0)
        intake.feed(b"O", 5.0)
        assert intake.begun == 1.0
        intake.feed(b"P\r\nQ", 7.0)
        assert intake.begun == 7.0
        intake.feed(b"UIT\r\n", 8.0)
        assert (intake.begun, intake.has_more) == (0.0, False)

    play(scenario)


def test_who_sends_too_many_commands_waits_for_the_rest():
    async def scenario():
        client = Client(commands_per_second=20)
        client.intake.feed(b"NOOP\r\n" * 103, 1.0)
        assert len(client.lines) == 100
        assert client.intake.is_slowed
        assert client.intake.has_more
        client.intake.feed(b"QUIT\r\n", 1.0)
        for _ in range(100):
            if not client.intake.has_more:
                break
            await asyncio.sleep(0.02)
        assert client.lines[-1] == b"QUIT"
        assert (client.intake.is_slowed, client.abuses) == (False, 0)

    play(scenario)


def test_who_floods_is_given_up_and_no_line_comes_behind():
    async def scenario():
        client = Client(commands_per_second=1)
        client.intake.feed(b"NOOP\r\n" * (FEWEST_GROSS + 6), 1.0)
        assert (len(client.lines), client.abuses, client.intake.is_slowed) == (5, 1, False)
        client.intake.close()
        await asyncio.sleep(0)
        assert len(client.lines) == 5

    play(scenario)


def test_a_line_that_is_too_long_is_told():
    async def scenario():
        client = Client(line_bytes=256)
        client.intake.feed(b"x" * 257, 1.0)
        assert client.intake.is_overflowed

    play(scenario)
