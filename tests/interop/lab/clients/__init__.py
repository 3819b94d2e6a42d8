"""Real FTP clients behind one interface: a way in, a list of steps, one outcome for each."""
