"""F4: health probes."""
