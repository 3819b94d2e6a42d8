"""Many idle sessions, many transfers and a flood of connections at once, for a long time (`make load`)."""
