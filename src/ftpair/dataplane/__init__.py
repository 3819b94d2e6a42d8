"""F4: the hands: listeners, streams, TLS, passive ports, relays, worker, children."""
