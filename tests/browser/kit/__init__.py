"""What the browser tests are made of: a browser, its tabs, what examines them, and the house with the real ftpair."""
