"""Tests of ftpair.config.save."""

import os
import stat

import pytest

from ftpair.config.blocks import Log, Ports
from ftpair.config.encryption import Tls
from ftpair.config.load import draft, load
from ftpair.config.models import Config
from ftpair.config.pools import RealServer
from ftpair.config.problems import InvalidConfigError
from ftpair.config.save import replace_file, rewritten, save
from ftpair.core.errors import FtpairError

ONE_LINE = """\
virtual_services:
  V:
    address: 192.0.2.10
    ports: 21,1025-1052
    real_servers:
      A: {address: 10.0.0.11, weight: 5}  # the first
      # the end
"""


def changed(config, service, **keys):
    made = config.virtual_services[service].model_copy(update=keys)
    return config.model_copy(update={"virtual_services": config.virtual_services | {service: made}})


def with_server(config, service, name, server):
    pool = dict(config.virtual_services[service].real_servers)
    pool.pop(name, None)
    return changed(config, service, real_servers=pool | ({name: server} if server else {}))


def lines_that_differ(before, after):
    one, other = before.splitlines(), after.splitlines()
    return [line for line in one if line not in other], [line for line in other if line not in one]


@pytest.mark.parametrize("name", ["design", "whole"])
def test_a_file_that_already_says_it_stays_as_it_is(folder, machine, name):
    path = folder / f"{name}.yaml"
    before = path.read_bytes()
    save(path, load(path, machine), machine)
    assert path.read_bytes() == before


def test_one_change_changes_one_line_and_keeps_every_comment(folder, machine):
    path = folder / "whole.yaml"
    before = path.read_text()
    save(path, load(path, machine).model_copy(update={"workers": 6}), machine)
    assert lines_that_differ(before, path.read_text()) == (
        ["workers: 2                              # one per CPU would be auto"],
        ["workers: 6                              # one per CPU would be auto"],
    )
    assert load(path, machine).workers == 6


def test_a_server_is_added_changed_and_removed(folder, machine):
    path = folder / "whole.yaml"
    config = load(path, machine)
    added = RealServer(address="10.0.0.14", weight=7)
    save(path, with_server(config, "CLEAR_VIP", "FTP_SVR4", added), machine)
    assert load(path, machine).virtual_services["CLEAR_VIP"].real_servers["FTP_SVR4"] == added
    save(path, with_server(load(path, machine), "FTPS_VIP", "FTP_SVR2", None), machine)
    assert list(load(path, machine).virtual_services["FTPS_VIP"].real_servers) == ["FTP_SVR1"]
    assert "# A second service, its ports written as appliances write them." in path.read_text()


def test_ports_on_one_line_become_a_block_when_one_of_them_changes(folder, machine):
    path = folder / "whole.yaml"
    config = load(path, machine)
    ports = config.virtual_services["CLEAR_VIP"].ports.model_copy(update={"explicit": 2121})
    save(path, changed(config, "CLEAR_VIP", ports=ports), machine)
    assert load(path, machine).virtual_services["CLEAR_VIP"].ports == ports


def test_a_port_of_a_line_of_ports_may_go(folder, machine):
    path = folder / "whole.yaml"
    config = load(path, machine)
    ports = Ports.model_validate({"implicit": 990, "passive": "40000-40099"})
    save(path, changed(config, "CLEAR_VIP", ports=ports, tls=Tls(certificate="files")), machine)
    assert load(path, machine).virtual_services["CLEAR_VIP"].ports == ports


def test_of_a_line_of_ports_one_may_go_and_the_others_stay(machine):
    before = ONE_LINE.replace("ports: 21,", "ports: 21,990,").replace("    real", "    tls: {certificate: c}\n    real")
    before += "certificates: {c: {certificate: c.pem, key: c.key}}\n"
    config = draft(before.encode(), machine).config
    ports = Ports.model_validate("21,1025-1052")
    after = rewritten(before.encode(), changed(config, "V", ports=ports), machine)
    assert draft(after, machine).config.virtual_services["V"].ports == ports
    assert b"# the first" in after


def test_a_key_of_a_block_on_one_line_goes_and_the_comment_stays(write, machine):
    path = write(ONE_LINE)
    save(path, with_server(load(path, machine), "V", "A", RealServer(address="10.0.0.11")), machine)
    assert path.read_text().split() == ONE_LINE.replace(", weight: 5", "").split()


def test_a_list_over_several_lines_goes_and_what_follows_stays(machine):
    before = ONE_LINE.replace("    real", "    routes:\n    - user: k*\n      pool: default\n    real")
    config = draft(before.encode(), machine).config
    service = config.virtual_services["V"].model_dump(exclude_unset=True, exclude={"routes"}, by_alias=True)
    wanted = Config.model_validate({"virtual_services": {"V": service}})
    assert rewritten(before.encode(), wanted, machine).decode() == ONE_LINE


def test_the_only_key_of_a_block_goes(write, machine):
    path = write(f"log:\n  level: debug\n{ONE_LINE}")
    save(path, load(path, machine).model_copy(update={"log": Log()}), machine)
    assert load(path, machine).log.level == "info"
    assert path.read_text() == f"log: {{}}\n{ONE_LINE}"


@pytest.mark.parametrize("gone", ["FTP_SVR1", "FTP_SVR2"])
def test_lines_of_a_key_that_goes_take_no_other_line_with_them(folder, machine, gone):
    path = folder / "whole.yaml"
    before = path.read_text()
    save(path, with_server(load(path, machine), "FTPS_VIP", gone, None), machine)
    went, came = lines_that_differ(before, path.read_text())
    assert came == []
    assert len(went) == {"FTP_SVR1": 1, "FTP_SVR2": 11}[gone]


def test_a_new_file_is_written_for_few_eyes(tmp_path, folder, machine):
    config = load(folder / "whole.yaml", machine)
    path = tmp_path / "new.yaml"
    save(path, config)
    assert load(path, machine) == config
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_file_that_is_not_valid_is_not_touched(write, folder, machine):
    path = write("virtual_services: 5\n")
    with pytest.raises(InvalidConfigError, match="the file to be changed has 1 problem"):
        save(path, load(folder / "whole.yaml", machine), machine)
    assert path.read_text() == "virtual_services: 5\n"


def test_a_configuration_that_contradicts_itself_is_not_written(folder, machine):
    path = folder / "design.yaml"
    before = path.read_bytes()
    with pytest.raises(InvalidConfigError, match="the new configuration has 1 problem"):
        save(path, changed(load(path, machine), "FTPS_VIP", tls=None), machine)
    assert path.read_bytes() == before


def test_aliases_that_would_change_more_than_wanted_are_left_to_people(machine):
    text = b"""
virtual_services:
  ONE: &one {address: 192.0.2.10, ports: '21,1025-1052', real_servers: &pool {A: {address: 10.0.0.11, weight: 5}}}
  TWO: {address: 192.0.2.11, ports: '21,1025-1052', real_servers: *pool}
"""
    config = with_server(draft(text, machine).config, "ONE", "A", RealServer(address="10.0.0.11", weight=9))
    with pytest.raises(FtpairError, match="edit it by hand"):
        rewritten(text, config, machine)


def test_an_empty_text_becomes_the_whole_configuration(machine):
    assert rewritten(b"\n", Config(user="a"), machine) == b"user: a\n"


def test_mode_and_owner_of_a_file_are_kept(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("old")
    path.chmod(0o604)
    os.chown(path, 12, 34)
    replace_file(path, b"new")
    status = path.stat()
    assert (path.read_text(), stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == ("new", 0o604, 12, 34)


@pytest.mark.parametrize(("refused", "given"), [({12}, (0, 34)), ({12, -1}, (0, 0))])
def test_who_may_write_but_not_give_files_away_becomes_the_owner(tmp_path, refused, given):
    def chown(handle, user, group):
        if user in refused:
            raise PermissionError
        os.fchown(handle, user, group)

    path = tmp_path / "a.yaml"
    path.write_text("old")
    os.chown(path, 12, 34)
    replace_file(path, b"new", chown=chown)
    assert (path.read_text(), path.stat().st_uid, path.stat().st_gid) == ("new", *given)


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target.yaml", tmp_path / "link.yaml"
    target.write_text("old")
    link.symlink_to(target)
    replace_file(link, b"new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_write_that_fails_leaves_no_trace(tmp_path):
    folder = tmp_path / "a.yaml"
    folder.mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file(folder, b"new")
    assert list(tmp_path.iterdir()) == [folder]
