"""Two texts compared."""

from hypothesis import given
from hypothesis import strategies as st

from ftpair.web.differences import difference

FORMER = "a\nb\nc\nd\ne\nf\ng\nh\ni\n"


def told(former, later):
    """The changed lines of a difference as `diff` marks them."""
    blocks = [block for hunk in difference(former, later) for block in hunk if not block.is_same]
    return [f"-{line.text}" for block in blocks for line in block.former] + [
        f"+{line.text}" for block in blocks for line in block.later
    ]


def test_what_is_otherwise_is_told_with_its_line_in_both_texts():
    ((before, changed, after),) = difference(FORMER, FORMER.replace("e", "E\nE2"))
    assert [line.text for line in before.former] == ["b", "c", "d"]
    assert [(line.number, line.text) for line in changed.former] == [(5, "e")]
    assert [(line.number, line.text) for line in changed.later] == [(5, "E"), (6, "E2")]
    assert (after.former[0].number, after.later[0].number) == (6, 7)


def test_side_by_side_the_longer_side_stands_beside_nothing():
    ((_before, changed, _after),) = difference(FORMER, FORMER.replace("e", "E\nE2"))
    one, other = changed.pairs
    assert (one[0].text, one[1].text) == ("e", "E")
    assert (other[0], other[1].text) == (None, "E2")


def test_changes_far_from_each_other_are_told_apart():
    long = "\n".join(str(number) for number in range(100))
    assert len(difference(long, long.replace("\n10\n", "\nten\n").replace("\n90\n", "\nninety\n"))) == 2


def test_the_same_is_told_by_nothing():
    assert difference(FORMER, FORMER) == ()


@given(*[st.lists(st.sampled_from("abc"), max_size=12).map("\n".join)] * 2)
def test_the_later_text_is_the_former_one_with_the_difference(former, later):
    lines = dict(enumerate(later.splitlines(), 1))
    shown = [line for hunk in difference(former, later) for block in hunk for line in block.later]
    assert all(lines[line.number] == line.text for line in shown)
    assert bool(told(former, later)) == (former.splitlines() != later.splitlines())
