"""How much memory is to be had, by the machine and by the control groups of both versions."""

import pytest

from ftpair.config.memory import AvailableMemory, available_memory

MIB = 1 << 20


@pytest.fixture
def told(tmp_path):
    """Write the files of a machine with 4 GiB left; return what tells the memory, given lines of groups and files."""
    (tmp_path / "meminfo").write_text("MemTotal: 8388608 kB\nMemAvailable:    4194304 kB\n")

    def made(lines="", **files):
        (tmp_path / "cgroup").write_text(lines)
        for name, text in files.items():
            path = tmp_path / "mount" / name.replace("__", "/").replace("_of_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return AvailableMemory(tmp_path / "meminfo", tmp_path / "cgroup", tmp_path / "mount")

    made.folder = tmp_path
    return made


def test_without_a_group_it_is_the_machines():
    assert available_memory() > MIB


def test_the_machine_tells_what_is_available(told):
    assert told().bytes() == 4096 * MIB


def group(place, limit, used, inactive):
    files = {"memory_of_max": limit, "memory_of_current": used}
    stat = f"anon 5\ninactive_file {inactive}\ninactive_filed 7\n"
    return {f"{place}{name}": f"{value}\n" for name, value in files.items()} | {f"{place}memory_of_stat": stat}


def test_a_group_of_version_2_has_its_limit_less_what_is_used_and_cannot_be_taken_back(told):
    memory = told("0::/a\n", **group("a__", 512 * MIB, 400 * MIB, 100 * MIB))
    assert memory.bytes() == 212 * MIB


def test_the_group_around_it_may_be_the_narrower_one(told):
    inner, outer = group("a__b__", 512 * MIB, 0, 0), group("a__", 300 * MIB, 200 * MIB, 0)
    assert told("0::/a/b\n", **inner, **outer).bytes() == 100 * MIB


def test_a_group_without_a_limit_is_none(told):
    assert told("0::/a\n", **group("a__", "max", 400 * MIB, 0)).bytes() == 4096 * MIB


def test_a_group_of_version_1_is_found_by_its_controller(told):
    stat = f"inactive_file 1\ntotal_inactive_file {10 * MIB}\n"
    files = {
        "memory__x__memory_of_limit_in_bytes": f"{64 * MIB}\n",
        "memory__x__memory_of_usage_in_bytes": f"{60 * MIB}\n",
        "memory__x__memory_of_stat": stat,
        "memory__memory_of_limit_in_bytes": "9223372036854771712\n",
    }
    assert told("4:memory:/x\n3:cpuset:/y\n", **files).bytes() == 14 * MIB


def test_what_is_used_beyond_the_limit_leaves_nothing_and_not_less(told):
    assert told("0::/a\n", **group("a__", 64 * MIB, 65 * MIB, 0)).bytes() == 0


def test_a_limit_that_changes_is_followed_until_it_is_none(told):
    memory = told("0::/a\n", **group("a__", 512 * MIB, 400 * MIB, 0))
    (told.folder / "mount/a/memory.max").write_text(f"{500 * MIB}\n")
    assert memory.bytes() == 100 * MIB
    (told.folder / "mount/a/memory.max").write_text("max\n")
    assert memory.bytes() == 4096 * MIB


def test_where_nothing_can_be_read_nobody_can_tell(tmp_path):
    nowhere = tmp_path / "nowhere"
    assert AvailableMemory(nowhere, nowhere, nowhere).bytes() is None


def test_a_machine_that_does_not_say_what_is_available_says_nothing(told):
    (told.folder / "meminfo").write_text("MemTotal: 8388608 kB\n")
    assert told().bytes() is None
