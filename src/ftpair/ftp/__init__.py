"""F1: the FTP language: lines, verbs, commands, replies, addresses, FEAT. No I/O and no policy."""
