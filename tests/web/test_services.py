"""The list of virtual services, the page of one, and how one is deleted."""

import pytest

from ftpair.core.accounts import Role
from ftpair.core.actions import GetStatus, StatusIs
from ftpair.core.status import Health, PoolQuorum
from tests.api.supervisor import node, server, service
from tests.web.a_file import File


@pytest.fixture
def file(supervisor):
    behind = File()
    supervisor.answers |= behind.answers
    supervisor.answers[GetStatus] = StatusIs(node(services=(service(), service("OLD_VIP", servers=(server("S"),)))))
    return behind


def test_the_list_has_what_is_wanted_and_what_runs(admin, file):
    page = admin.get("/services").text
    for word in ("FTPS_VIP", "TCP_VIP", "OLD_VIP", "21,990,1025-1052", "not applied yet", "goes with the next apply"):
        assert word in page


def test_without_a_service_the_list_offers_the_first_step(admin, supervisor, file):
    file.text = "web: {}\n"
    supervisor.answers[GetStatus] = StatusIs(node(services=()))
    page = admin.get("/services").text
    assert "No virtual service yet" in page
    assert 'href="/services/new"' in page


def test_a_file_that_cannot_be_read_is_told_beside_what_runs(admin, file):
    file.text = "virtual_services: [\n"
    page = admin.get("/services").text
    assert "The configuration file cannot be read:" in page
    assert "OLD_VIP" in page


def test_the_page_of_a_service_has_servers_settings_and_yaml(admin, file):
    page = admin.get("/services/FTPS_VIP").text
    for word in ("FTP_SVR9", "pool new", "Certificate", "curves:", "1025-1052", "connection refused"):
        assert word in page


def test_a_service_that_there_is_not_is_named_beside_those_that_there_are(admin, file):
    answer = admin.get("/services/GONE")
    assert (answer.status_code, "FTPS_VIP, TCP_VIP, OLD_VIP" in answer.text) == (404, True)


@pytest.mark.parametrize(("name", "words"), [("FTPS_VIP", "6 sessions stay (2 transfers)"), ("TCP_VIP", "not run yet")])
def test_it_is_told_what_becomes_of_sessions_before_a_service_is_deleted(admin, file, name, words):
    assert words in admin.get(f"/services/{name}/delete").text


def test_a_service_is_deleted_if_the_file_is_still_the_one_that_was_shown(admin, file):
    etag = admin.get("/services/TCP_VIP/delete").text.split('name="etag" value="&#34;')[1].split("&#34;")[0]
    assert admin.act("POST", "/services/TCP_VIP/delete", data={"etag": '"old"'}).status_code == 412
    answer = admin.act("POST", "/services/TCP_VIP/delete", data={"etag": f'"{etag}"'})
    assert answer.headers["hx-redirect"] == "/services"
    assert "TCP_VIP" not in file.text
    assert "# The main one." in file.text


def test_who_is_no_admin_sees_no_way_to_change(browsing, file):
    with browsing(Role.OPERATOR) as operator:
        for path in ("/services", "/services/FTPS_VIP"):
            page = operator.get(path).text
            assert "/change" not in page
            assert "/delete" not in page


def test_a_lost_quorum_is_a_banner_on_every_page_and_stands_on_that_of_its_service(admin, supervisor, file):
    lost = PoolQuorum("default", 2, 1, is_met=False, sentence="quorum of pool default is lost: 1 of 2 servers")
    met = PoolQuorum("new", 1, 1, is_met=True, sentence="quorum of pool new is met")
    supervisor.answers[GetStatus] = StatusIs(node(services=(service(quorums=(lost, met)),)))
    banner = admin.get("/sessions").text.partition("<main")[0]
    assert lost.sentence in banner
    assert 'href="/services/FTPS_VIP"' in banner
    assert met.sentence not in banner
    page = admin.get("/services/FTPS_VIP").text.partition("<main")[2]
    assert lost.sentence in page
    assert met.sentence in page
    assert "serves, below its quorum" in page


def test_a_backup_and_an_ejected_server_are_told_from_the_others(admin, supervisor, file):
    servers = (server("FTP_SVR1", is_backup=True), server("FTP_SVR2", health=Health.DOWN, is_ejected=True))
    supervisor.answers[GetStatus] = StatusIs(node(services=(service(servers=servers),)))
    page = admin.get("/services/FTPS_VIP").text
    assert ">backup<" in page
    assert "ejected" in page
