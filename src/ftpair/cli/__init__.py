"""F6: the command line. A door: no decisions."""
