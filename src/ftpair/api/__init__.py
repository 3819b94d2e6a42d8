"""F6: the HTTP API. A door: it asks the supervisor and shows what was answered; it decides nothing."""
