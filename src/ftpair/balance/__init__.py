"""F2: which server a session gets, and when a server counts as up. No I/O."""
