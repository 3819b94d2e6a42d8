"""HAProxy as the engine of TCP mode: its file rendered and checked, itself started, reloaded, asked and told."""
