from ftpair.observe.sparing import Sparing


def test_beyond_so_many_in_a_second_lines_are_left_out_and_the_next_one_says_how_many():
    now = 100.0
    sparing = Sparing(2, lambda: now)
    assert [sparing.spare() for _ in range(5)] == [0, 0, None, None, None]
    now = 100.9
    assert sparing.spare() is None
    now = 101.0
    assert [sparing.spare() for _ in range(3)] == [4, 0, None]
