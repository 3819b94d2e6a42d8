"""Looks: how big the window is, light or dark, and whether it is touched."""

from dataclasses import dataclass, replace
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Look:
    """What a person sees the pages with."""

    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"] = "light"
    is_phone: bool = False

    def __str__(self) -> str:
        return f"{self.name}-{self.scheme}"

    @property
    def dark(self) -> "Look":
        """Return the same in the dark."""
        return replace(self, scheme="dark")

    def context(self) -> dict[str, Any]:
        """Return how Playwright opens a window of this look."""
        return {
            "viewport": {"width": self.width, "height": self.height},
            "color_scheme": self.scheme,
            "has_touch": self.is_phone,
            "is_mobile": self.is_phone,
            "reduced_motion": "reduce",
            "locale": "en-GB",
            "timezone_id": "UTC",
        }


DESKTOP = Look("desktop", 1280, 900)
PHONE = Look("phone", 390, 844, is_phone=True)
LOOKS = (DESKTOP, DESKTOP.dark, PHONE, PHONE.dark)
