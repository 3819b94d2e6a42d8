"""F6: the web UI, and the process that serves it together with the API. A door: it decides nothing."""
