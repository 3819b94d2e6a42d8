"""Accounts in a folder, with a clock that the test sets and hashes that are quick."""

import asyncio
from dataclasses import dataclass, field

import argon2
import pyotp

from ftpair.app.account_answers import ACCOUNT_ANSWERS
from ftpair.app.accounts import FILE, Accounts
from ftpair.app.passwords import Passwords
from ftpair.core.account_actions import AddUser, LogIn
from ftpair.core.accounts import LOCAL, NOBODY, Identity, Role

PASSWORD = "correct horse battery"
OFFICE, CAFE = "192.0.2.7", "198.51.100.9"
QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Site:
    """What a test does with the accounts of one folder."""

    folder: object
    now: float = 1_700_000_000.0
    said: list = field(default_factory=list)

    def __post_init__(self):
        self.open()

    def open(self):
        self.accounts = Accounts(self.folder / FILE, self.said.append, Passwords(QUICK), lambda: self.now)

    def start_again(self):
        self.accounts.close()
        self.open()

    def ask(self, action, who=LOCAL):
        return asyncio.run(self.answer(action, who))

    async def answer(self, action, who=LOCAL):
        return await ACCOUNT_ANSWERS[type(action)](self.accounts, action, who)

    def add(self, name="anna", role=Role.ADMIN):
        self.ask(AddUser(name, PASSWORD, role))

    def log_in(self, name="anna", password=PASSWORD, code="", address=OFFICE):
        return self.ask(LogIn(name, password, code, address), NOBODY)

    def visitor(self, name="anna", role=Role.ADMIN):
        return Identity(name, role, "web", OFFICE)

    def code(self, secret, late=0):
        return pyotp.TOTP(secret).at(int(self.now) + 30 * late)
