"""ftpair: the load balancer for FTP and FTPS that keeps control and data connections together."""

__version__ = "0.1.0"
