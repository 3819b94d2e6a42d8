"""The web UI in a real browser: Chromium, a real ftpair, real FTP servers behind it."""
