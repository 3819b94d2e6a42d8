"""The laboratory: real FTP servers, real FTP clients, certificates made at run time, and the balancer between them."""
