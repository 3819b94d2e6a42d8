from ftpair.dataplane.overflows import listen_overflows

TABLE = """\
TcpExt: SyncookiesSent ListenOverflows ListenDrops
TcpExt: 1 7 9
IpExt: InNoRoutes
IpExt: 0
"""


def test_the_kernel_counts_dropped_connections(tmp_path):
    table = tmp_path / "netstat"
    table.write_text(TABLE)
    assert listen_overflows(table) == 7
    assert listen_overflows() >= 0


def test_a_kernel_that_does_not_tell_is_no_zero(tmp_path):
    table = tmp_path / "netstat"
    assert listen_overflows(table) is None
    table.write_text("TcpExt: SyncookiesSent\nTcpExt: 1\n")
    assert listen_overflows(table) is None
    table.write_text("")
    assert listen_overflows(table) is None
