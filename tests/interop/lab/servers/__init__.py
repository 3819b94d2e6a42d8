"""Real FTP servers, each started on a loopback address of its own with one user who may read and write."""
