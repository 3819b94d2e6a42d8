"""The groups of key exchange that a process offers under the file that it is given; each is a process of its own."""

import os
import pwd
import shutil
import ssl
import subprocess
import sys

import pytest

from ftpair.dataplane import rights
from ftpair.dataplane.groups import NEWER, OLDER, VARIABLE, Groups, default_groups, file_for, machine_file

OFFER = """
import ssl, struct
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
hello, nothing = ssl.MemoryBIO(), ssl.MemoryBIO()
try:
    context.wrap_bio(nothing, hello).do_handshake()
except ssl.SSLWantReadError:
    pass
said = hello.read()
groups = said[said.index(b"\\x00\\x0a", said.index(b"\\x00\\x0b")) + 4 :]
(length,) = struct.unpack("!H", groups[:2])
print(context.maximum_version.name, *(groups[2 + at : 4 + at].hex() for at in range(0, length, 2)))
"""
X25519, P_256, P_384, P_521 = "001d", "0017", "0018", "0019"
OURS = [X25519, P_256, P_384]
DEBIANS = """
openssl_conf = openssl_init  # As Debian 12 writes it.
[openssl_init]
ssl_conf = ssl_sect
[ ssl_sect ]
system_default = system_default_sect
[system_default_sect]
MaxProtocol = TLSv1.2
"""


def offered(environment, fds=(), python=sys.executable, **options):
    """The newest version of TLS and the classic groups that a new process offers."""
    environment = {key: value for key, value in os.environ.items() if key != VARIABLE} | environment
    done = subprocess.run(
        [*options.pop("wrapper", ()), python, "-c", OFFER],
        env=environment,
        pass_fds=fds,
        check=True,
        timeout=30,
        capture_output=True,
        text=True,
        **options,
    )
    version, *groups = done.stdout.split()
    return version, [each for each in groups if each < "0100"]


def offered_under(machine, **options):
    groups = Groups(machine, {})
    try:
        return offered(groups.environment, groups.fds, **options)
    finally:
        groups.close()


@pytest.fixture
def machine(tmp_path):
    return tmp_path / "openssl.cnf"


def test_children_exchange_keys_by_the_groups_of_the_profile():
    assert offered({})[1] != OURS, "set-up: this machine's OpenSSL needs no help"
    assert offered_under(machine_file())[1] == OURS


def test_a_machine_without_a_file_gets_the_groups_too(machine):
    assert offered_under(machine)[1] == OURS


@pytest.mark.parametrize(
    "written",
    [
        DEBIANS,
        DEBIANS.replace("system_default_sect", "another_name"),
        DEBIANS.replace("[openssl_init]\nssl_conf = ssl_sect", "openssl_init::ssl_conf = \\\n ssl_sect"),
        DEBIANS.replace("= ssl_sect", "= 'ssl_sect'"),
    ],
)
def test_an_administrators_policy_holds_beside_the_groups(machine, written):
    machine.write_text(written)
    assert offered_under(machine) == ("TLSv1_2", OURS)


@pytest.mark.parametrize("name", ["Groups", "curves", "1.Groups"])
def test_groups_that_an_administrator_has_chosen_are_left(machine, name):
    machine.write_text(f"{DEBIANS}{name} = P-521\n")
    assert file_for(machine) is None
    assert offered({VARIABLE: str(machine)}) == ("TLSv1_2", [P_521])


def test_a_policy_in_other_files_is_found(machine):
    """As Fedora has it: the policy is a file that tools write, and its section ends where that file ends."""
    folder = machine.with_name("policies")
    folder.mkdir()
    machine.write_text(f"{DEBIANS}.include = {folder}\n.include {folder}/not-there\n")
    assert offered_under(machine) == ("TLSv1_2", OURS)
    (folder / "tls.cnf").write_text("Groups = P-521\n")
    assert file_for(machine) is None


@pytest.mark.parametrize(
    "written",
    [
        ".include relative.cnf\n",
        ".pragma = includedir:/etc\n",
        "openssl_conf = $somewhere\n",
        ".include {machine}\n",
    ],
)
def test_what_only_openssl_can_follow_is_left_to_it(machine, written):
    machine.write_text(written.replace("{machine}", str(machine)))
    assert file_for(machine) is None
    assert Groups(machine, {}).environment == {}


def test_who_names_a_file_of_his_own_is_not_overruled(machine):
    groups = Groups(machine, {VARIABLE: "/etc/mine.cnf"})
    assert (groups.fds, groups.environment) == ((), {})


def test_the_hybrid_group_stays_where_openssl_knows_it():
    assert default_groups() == (NEWER if ssl.OPENSSL_VERSION_INFO >= (3, 5) else OLDER)


@pytest.mark.parametrize("capabilities", [(), ("net_bind_service",)])
def test_another_user_reads_it_and_cannot_write_to_it(machine, capabilities):
    python = shutil.which("python3", path="/usr/bin")
    assert python, "set-up: apt-get install python3"
    nobody = pwd.getpwnam("nobody")
    wrapper = rights.wrapper(nobody, capabilities)
    options = {"wrapper": wrapper} if wrapper else {"user": nobody.pw_uid, "group": nobody.pw_gid}
    groups = Groups(machine, {})
    try:
        assert offered(groups.environment, groups.fds, python=python, **options)[1] == OURS
        with pytest.raises(OSError, match="not permitted"):
            os.write(groups.fds[0], b"Groups = P-521\n")
    finally:
        groups.close()
