"""F2: one session's brain: events in, effects out. No I/O, no clock, no chance."""
