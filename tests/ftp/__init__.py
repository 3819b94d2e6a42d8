"""The FTP language."""
