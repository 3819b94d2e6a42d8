"""The table of attacks in the threat model names a real test for each, and its example is a configuration."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ftpair.config.check import check
from ftpair.config.machine import this_machine
from ftpair.config.problems import InvalidConfigError
from ftpair.config.slots import Slots

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| (S\d+) \|.*\| `(test_\w+)` \|$", PAGE, re.MULTILINE))
TESTS = {
    name: path
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"def (test_s\d+_\w+)", path.read_text())
}


def test_every_known_attack_has_its_row():
    assert list(ROWS) == [f"S{number}" for number in range(1, 25)]


@pytest.mark.parametrize("attack", ROWS)
def test_every_row_names_a_test_with_real_sockets(attack):
    test = ROWS[attack]
    assert test.startswith(f"test_{attack.lower()}_")
    assert TESTS[test].parent.name == "interop"


def test_the_example_gives_the_api_a_user_that_must_exist(tmp_path):
    file = tmp_path / "ftpair.yaml"
    file.write_text(PAGE.split("```yaml\n")[1].split("```")[0])
    machine = replace(this_machine(), has_user=lambda name: True)
    plan = check(file, 1, Slots(), machine).plan
    assert (plan.user, plan.api_user) == ("ftpair", "ftpair-api")
    with pytest.raises(InvalidConfigError) as caught:
        check(file, 1, Slots(), replace(machine, has_user=lambda name: name == "ftpair"))
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == ("api_user", 2)
    assert "useradd --system ftpair-api" in problem.sentence
