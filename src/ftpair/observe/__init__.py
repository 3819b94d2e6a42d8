"""F4: metrics, logs, transfer log."""
