"""A database that breaks while ftpair runs: nobody can log in, and no session ends."""

from ftpair.app.accounts import FILE
from tests.app.conftest import free_ports
from tests.app.test_supervisor import connect, running, until


def test_a_database_that_breaks_ends_nothing(site):
    (port,) = free_ports(1)
    site.path.write_text(site.path.read_text() + f"web: {{address: 0.0.0.0, port: {port}}}\n")
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        with (site.folder / "state" / FILE).open("r+b") as file:
            file.write(bytes(4096))
        until(lambda: "file is not a database" in ftpair.log.read_text())
        assert ftpair.api("/api/v1/users").status_code == 500
        client, greeting = connect(site.port)
        assert greeting == b"220 Hello.\r\n"
        client.close()
        assert ftpair.process.poll() is None
