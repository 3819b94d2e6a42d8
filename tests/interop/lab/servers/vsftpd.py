"""vsftpd, strict: data connections must resume the TLS session of their control connection (`522` otherwise)."""

from pathlib import Path

from tests.interop.lab import parts
from tests.interop.lab.daemon import Daemon
from tests.interop.lab.places import CONTROL_PORT
from tests.interop.lab.servers.real_server import Site, TlsVersion, limit_tls_version


class Vsftpd:
    """vsftpd with one anonymous user who may write: a local user would need an entry in /etc/passwd."""

    name = "vsftpd"
    demands_resumption = True
    resumes: frozenset[TlsVersion] = frozenset({"1.2", "1.3"})

    def credentials(self, site: Site) -> tuple[str, str]:
        """Return the anonymous user, whose password is free."""
        return "anonymous", site.password

    def daemon(self, site: Site) -> Daemon:
        """Write `vsftpd.conf` and return the process."""
        configuration = site.folder / "vsftpd.conf"
        (site.folder / "empty").mkdir(exist_ok=True)
        settings = _settings(site) | _tls(site)
        configuration.write_text("".join([*(f"{key}={value}\n" for key, value in settings.items()), *_more(site)]))
        return Daemon([parts.server("vsftpd"), configuration], site.folder / "output", limit_tls_version(site))


def _more(site: Site) -> list[str]:
    return [f"{line}\n" for line in site.settings]


def _settings(site: Site) -> dict[str, str | int | Path]:
    return {
        **_listening(site),
        "background": "NO",
        "listen_port": CONTROL_PORT,
        "pasv_min_port": site.passive[0],
        "pasv_max_port": site.passive[1],
        **({"pasv_address": site.advertised} if site.advertised else {}),
        "anonymous_enable": "YES",
        "no_anon_password": "NO",
        # Must be a user whose home exists, though `anon_root` is what is served.
        "ftp_username": "daemon",
        "anon_root": site.home,
        "anon_umask": "022",
        "write_enable": "YES",
        "anon_upload_enable": "YES",
        "anon_mkdir_write_enable": "YES",
        "anon_other_write_enable": "YES",
        "anon_world_readable_only": "NO",
        # A failed upload is deleted: what is on the disk is what the server took for complete.
        "delete_failed_uploads": "YES",
        "secure_chroot_dir": site.folder / "empty",
        "seccomp_sandbox": "NO",
        "log_ftp_protocol": "YES",
        "xferlog_enable": "YES",
        "xferlog_std_format": "NO",
        "vsftpd_log_file": site.log,
    }


def _listening(site: Site) -> dict[str, str | int | Path]:
    if ":" in site.address:
        return {"listen": "NO", "listen_ipv6": "YES", "listen_address6": site.address}
    return {"listen": "YES", "listen_address": site.address}


def _tls(site: Site) -> dict[str, str | int | Path]:
    if site.tls == "clear":
        return {}
    return {
        "ssl_enable": "YES",
        "implicit_ssl": "YES" if site.tls == "implicit" else "NO",
        "allow_anon_ssl": "YES",
        "force_anon_logins_ssl": "YES" if site.demands_tls else "NO",
        "force_anon_data_ssl": "YES" if site.demands_tls else "NO",
        "require_ssl_reuse": "YES",
        "strict_ssl_read_eof": "YES",
        "ssl_ciphers": "HIGH",
        "rsa_cert_file": site.identity.certificate,
        "rsa_private_key_file": site.identity.key,
        **_client_certificates(site),
    }


def _client_certificates(site: Site) -> dict[str, str | int | Path]:
    if site.client_ca is None:
        return {}
    return {"ssl_request_cert": "YES", "require_cert": "YES", "validate_cert": "YES", "ca_certs_file": site.client_ca}
