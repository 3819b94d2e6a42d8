"""Actions as a door asks for them."""

from ftpair.core.accounts import LOCAL


class AskedLocally:
    """All that `Actions` can do, asked for by the owner of the control socket unless somebody else is named."""

    def __init__(self, actions):
        self._actions = actions

    def __getattr__(self, name):
        return getattr(self._actions, name)

    async def answer(self, action, who=LOCAL):
        return await self._actions.answer(action, who)
