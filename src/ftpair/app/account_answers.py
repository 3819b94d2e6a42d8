"""What the doors may ask for about accounts: one function per action."""

from collections.abc import Awaitable, Callable
from typing import Any

from ftpair.app import admitting, logging_in
from ftpair.app.accounts import Accounts
from ftpair.core import account_actions as ask
from ftpair.core.accounts import Identity
from ftpair.core.actions import Action
from ftpair.core.requests import Answer

ACCOUNT_ANSWERS: dict[type[Action], Callable[[Accounts, Any, Identity], Awaitable[Answer]]] = {
    ask.Identify: logging_in.identify,
    ask.SetUp: logging_in.set_up,
    ask.LogIn: logging_in.log_in,
    ask.LogOut: logging_in.log_out,
    ask.ChangePassword: logging_in.change_password,
    ask.GetUsers: admitting.get_users,
    ask.AddUser: admitting.add_user,
    ask.ChangeUser: admitting.change_user,
    ask.RemoveUser: admitting.remove_user,
    ask.BeginTotp: admitting.begin_totp,
    ask.ConfirmTotp: admitting.confirm_totp,
    ask.EndTotp: admitting.end_totp,
    ask.GetTokens: admitting.get_tokens,
    ask.AddToken: admitting.add_token,
    ask.RemoveToken: admitting.remove_token,
}
