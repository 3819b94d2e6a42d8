"""F6: the HTTP API. A door: no decisions."""
