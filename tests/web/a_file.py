"""A configuration file behind the fake supervisor: read and patched as the real one does it."""

import json

from ftpair.config.machine import Machine
from ftpair.config.patch import patched
from ftpair.config.problems import InvalidConfigError
from ftpair.core.actions import (
    Applied,
    ConfigurationIs,
    GetConfiguration,
    GetRevisions,
    PatchConfiguration,
    Refused,
    RevisionsAre,
)
from ftpair.core.revisions import Revision, etag_of

TEXT = """# The file of a site.
certificates:
  files: {certificate: tls/fullchain.pem, key: tls/privkey.pem}
virtual_services:
  FTPS_VIP:  # The main one.
    address: 192.0.2.10
    ports: 21,990,1025-1052
    tls: {certificate: files, curves: [P-256]}
    pools: {new: {real_servers: {FTP_SVR9: {address: 10.0.0.19}}}}
    routes: [{user: "k*", pool: new}]
    real_servers:
      FTP_SVR1: {address: 10.0.0.11, server_name: ftp1.example.org}
      FTP_SVR2: {address: 10.0.0.12, weight: 50}
  TCP_VIP:
    mode: tcp
    address: 192.0.2.11
    ports: 21,990,1025-1052
    real_servers: {FTP_SVR1: {address: 10.0.0.11}}
"""
MACHINE = Machine(cpus=2, now=0.0, descriptors=1024)


class File:
    """The text, and every text that it was."""

    def __init__(self, text=TEXT):
        self.text = text
        self.revisions = []

    def save(self, text, author, comment=""):
        self.text = text
        self.revisions.append((Revision(len(self.revisions) + 1, 1767225600.0, author, comment), text))

    @property
    def answers(self):
        return {GetConfiguration: self._get, PatchConfiguration: self._patch, GetRevisions: self._revisions}

    def _get(self, action):
        text = self.text if action.which == "file" else self.revisions[int(action.which) - 1][1]
        return ConfigurationIs("/etc/ftpair/ftpair.yaml", text, etag_of(text.encode()))

    def _patch(self, action):
        if action.if_match != etag_of(self.text.encode()):
            return Refused("changed", "somebody else has changed the configuration file meanwhile")
        try:
            text = patched(self.text.encode(), json.loads(action.patch), MACHINE).decode()
        except InvalidConfigError as error:
            return Refused("invalid", error.sentence, error.problems)
        self.save(text, "an-admin", action.comment)
        return Applied(len(self.revisions), ("a step",))

    def _revisions(self, _action):
        return RevisionsAre(tuple(revision for revision, _text in reversed(self.revisions)))
