"""F6: the command line. A door: it asks the API of the running ftpair and shows the answer; it decides nothing."""
