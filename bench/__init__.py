"""The comparison of ftpair with what people use today: one client, one server, one run. Start it with `make bench`."""
