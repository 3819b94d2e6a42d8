"""The command line as a whole: exit statuses, sentences instead of tracebacks, a quick start."""

import json
import os
import subprocess
import sys
import time

import pytest

import ftpair as package
from ftpair.cli import main

COMMANDS = (
    *("serve", "check", "apply", "status", "sessions", "transfers", "drain", "halt", "online", "kill"),
    *("demo", "schema", "version"),
)


def command(*arguments, **environment):
    line = [sys.executable, "-m", "ftpair.cli.main", *arguments]
    return subprocess.run(line, capture_output=True, text=True, env=os.environ | environment, check=False)


def test_version(ftpair):
    assert ftpair("version").out == f"ftpair {package.__version__}\n"
    assert json.loads(ftpair("version", "--json").out)["version"] == package.__version__


def test_the_version_may_be_asked_for_by_an_option(ftpair):
    assert ftpair("--version").out == f"ftpair {package.__version__}\n"


def test_no_line_of_the_help_is_cut(ftpair, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = ftpair("--help").out
    assert "The load balancer for FTP and FTPS." in out
    assert " demo " in out
    assert "..." not in out.partition("Commands:")[2]


@pytest.mark.parametrize("arguments", [(), ("status",), ("serve",), ("drain",)])
def test_help_may_be_asked_for_in_two_ways(ftpair, arguments):
    assert ftpair(*arguments, "-h") == ftpair(*arguments, "--help")
    assert ftpair(*arguments, "-h").status == 0


@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("drain", "[OPTIONS] [SERVICE] SERVER"),
        ("status", "[OPTIONS] [SERVICE]"),
        ("kill", "[OPTIONS] SESSION"),
        ("check", "[OPTIONS] [FILE]"),
    ],
)
def test_usage_is_written_as_people_write_it(ftpair, name, usage):
    assert ftpair(name, "--help").out.splitlines()[0] == f"Usage: ftpair {name} {usage}"


@pytest.mark.parametrize(
    ("word", "meant"), [("reload", "apply"), ("start", "serve"), ("list", "status"), ("stat", "status")]
)
def test_a_command_of_other_programs_gets_the_one_that_is_meant(ftpair, word, meant):
    ran = ftpair(word)
    assert (ran.status, ran.out) == (2, "")
    assert f"No such command '{word}'. Did you mean '{meant}'" in " ".join(ran.err.split())


def test_help_lists_every_command_and_every_exit_status(ftpair):
    ran = ftpair("--help")
    assert ran.status == 0
    listed = [line.split()[0] for line in ran.out.splitlines() if line.startswith("  ") and line.strip()]
    assert set(COMMANDS) <= set(listed)
    assert "8 deadline not met" in " ".join(ran.out.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(ftpair, name):
    ran = ftpair(name, "--help")
    assert ran.status == 0
    assert f"Usage: ftpair {name}" in ran.out


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("drain",), ("status", "--nonsense"), ("status", "--watch", "-3")]
)
def test_wrong_use_exits_with_2_and_says_so_on_stderr(ftpair, arguments):
    ran = ftpair(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert "Usage: ftpair" in ran.err


@pytest.mark.parametrize("arguments", [("status",), ("sessions", "--watch"), ("drain", "S"), ("apply", "--json")])
def test_nobody_at_the_socket_exits_with_4_and_the_remedy(ftpair, tmp_path, arguments):
    ran = ftpair(*arguments, "--socket", str(tmp_path / "none.sock"))
    assert (ran.status, ran.out) == (4, "")
    assert ran.err == (
        f"ftpair: No ftpair answers at {tmp_path}/none.sock. "
        "Start it with `ftpair serve`, or name its socket with --socket or FTPAIR_SOCKET.\n"
    )


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_socket_of_another_user_exits_with_7(ftpair, supervisor, is_seen):
    assert ftpair("status").status == 0  # Everything is imported now.
    closed = [folder for folder in supervisor.path.parents if not folder.stat().st_mode & 0o001]
    for folder in closed if is_seen else ():
        folder.chmod(0o711)
    os.setresuid(65534, 65534, 0)
    try:
        ran = ftpair("status")
    finally:
        os.setresuid(0, 0, 0)
        for folder in closed:
            folder.chmod(0o700)
    assert (ran.status, ran.out) == (7, "")
    assert ran.err == f"ftpair: {supervisor.path} may only be used by its owner (root): run this as root.\n"


def test_a_fault_is_one_line_with_a_hint(capsys, monkeypatch):
    def broken(_arguments, prog_name):
        raise ZeroDivisionError("division by zero")

    monkeypatch.delenv("FTPAIR_DEBUG", raising=False)
    assert main.run(["status"], broken) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("ftpair: A fault of ftpair (ZeroDivisionError: division by zero). FTPAIR_DEBUG=1 ")
    monkeypatch.setenv("FTPAIR_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main.run(["status"], broken)


def test_a_reader_that_leaves_is_no_traceback():
    line = f"{sys.executable} -m ftpair.cli.main schema | head -c 1"
    ran = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
    assert ran.stdout == "{"
    assert ran.stderr == ""


def test_a_locale_without_utf_8_is_no_traceback(supervisor):
    ran = command("status", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_start_is_quick():
    command("version")  # Compiles.
    begin = time.perf_counter()
    assert command("version").returncode == 0
    assert time.perf_counter() - begin < 2.0  # 0.2 s on an idle machine; the test machine is not idle.


def test_a_start_imports_nothing_heavy():
    code = "import sys; from ftpair.cli import main; main.run(['version']); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not [name for name in ("httpx", "fastapi", "uvicorn", "rich.table", "asyncio") if f"'{name}'" in loaded]
