"""What the peers are configured with: addresses, ports and the text of each configuration.

Each peer has a loopback address of its own; every passive range lies outside the ephemeral ports (32768 and up).
"""

from bench.ftp import Door

SERVER = Door("127.88.0.2", 2141, "clear")
SERVER_TLS = Door("127.88.0.6", 2141, "explicit")
CROWD = Door("127.88.0.7", 2141, "clear")
SERVER_PASSIVE = (20000, 23999)
"""Wide: vsftpd draws ten ports by lot, and dies of ten that are in use."""
ANONYMOUS = "daemon"
"""Whom vsftpd serves anonymous clients as: it insists on a home that exists, and this account has one everywhere."""

VSFTPD = """\
listen=YES
background=NO
listen_address={listen}
listen_port={port}
pasv_min_port={passive[0]}
pasv_max_port={passive[1]}
anonymous_enable=YES
anon_root={data}
write_enable=YES
anon_upload_enable=YES
anon_other_write_enable=YES
anon_umask=022
ftp_username={owner}
nopriv_user=nobody
secure_chroot_dir={folder}/empty
seccomp_sandbox=NO
use_sendfile=YES
max_per_ip=0
max_clients=0
xferlog_enable=NO
"""

VSFTPD_TLS = (
    VSFTPD
    + """\
ssl_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl=NO
force_anon_data_ssl=NO
require_ssl_reuse=NO
ssl_ciphers=HIGH
rsa_cert_file={pair.certificate}
rsa_private_key_file={pair.key}
"""
)

HAPROXY = """\
global
  nbthread {cores}
  maxconn 3000
  tune.bufsize 262144
  tune.pipesize 1048576
  tune.maxrewrite 1024
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen clear
  bind 127.88.0.1:{port}
  bind 127.88.0.1:{passive[0]}-{passive[1]}
  option splice-request
  option splice-response
  server vsftpd {host}
listen implicit
  bind 127.88.0.5:2990 ssl crt {pair.both}
  server vsftpd {host}:{port}
listen implicit_data
  bind 127.88.0.5:{passive[0]}-{passive[1]} ssl crt {pair.both}
  server vsftpd {host}
"""

MOD_PROXY = """\
ModulePath {parts}/usr/lib/proftpd
LoadModule mod_tls.c
LoadModule mod_proxy.c
ServerName ftpair
ServerType standalone
DefaultAddress {listen}
Port 2131
User nobody
Group nogroup
UseIPv6 off
UseReverseDNS off
MaxInstances 5000
PassivePorts 22000 23999
AuthOrder mod_auth_file.c mod_auth_unix.c
WtmpLog off
TransferLog none
SystemLog {folder}/proftpd.log
PidFile {folder}/proftpd.pid
ScoreboardFile {folder}/proftpd.scoreboard
TLSEngine on
TLSECCertificateFile {pair.certificate}
TLSECCertificateKeyFile {pair.key}
TLSProtocol TLSv1.2 TLSv1.3
TLSOptions NoSessionReuseRequired
ProxyEngine on
ProxyRole reverse
ProxyReverseServers ftp://{host}:{port}
ProxyTables {folder}/tables
ProxyReverseConnectPolicy RoundRobin
ProxyLog none
ProxyTLSEngine off
"""

FTPAIR = """\
workers: {cores}
log: {{level: warning}}
paths: {{runtime: {folder}/run, state: {folder}/state}}
certificates:
  files: {{certificate: {pair.certificate}, key: {pair.key}}}
virtual_services:
  BENCH:
    mode: ftp
    address: 127.88.0.4
    ports: {{explicit: 2121, implicit: 2990, passive: 24000-25999}}
    tls: {{certificate: files, clear_text: allow, data_protection: allow}}
    real_servers:
      VSFTPD: {{address: {host}, port: {port}}}
  CROWD:
    mode: ftp
    address: 127.88.0.8
    ports: {{explicit: 2121, passive: 24000-25999}}
    tls: {{certificate: files}}
    timeouts: {{idle_timeout_s: 3600}}
    real_servers:
      PYFTPDLIB: {{address: {crowd.host}, port: {crowd.port}}}
"""

FTPAIR_TCP = """\
workers: {cores}
log: {{level: warning}}
paths: {{runtime: {folder}/run-{engine}, state: {folder}/state-{engine}}}
virtual_services:
  BENCH:
    mode: tcp
    engine: {engine}
    address: {listen}
    ports: {{explicit: 2121, passive: {passive[0]}-{passive[1]}}}
    server_ports: {{explicit: {port}}}
    real_servers:
      VSFTPD: {{address: {host}}}
"""
