"""Example answers of guides and rules."""

from dataclasses import asdict

from ftpair.core.guides import FirewallRules, GuidePart, GuideText

TEXT = GuideText(
    service="FTPS_VIP",
    server="FTP_SVR1",
    kind="vsftpd",
    title="vsftpd",
    source="file",
    parts=(GuidePart("steps", "1. Write vsftpd.conf ...\n"), GuidePart("vsftpd.conf", "listen=YES\n...\n")),
)
FIREWALL = FirewallRules("FTPS_VIP", "nftables", "file", "table inet ftpair_FTPS_VIP\n...\n")
GUIDE = asdict(TEXT)
RULES = asdict(FIREWALL)
