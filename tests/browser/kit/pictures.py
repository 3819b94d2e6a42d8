"""Pictures of pages for the documentation: written only when asked for, and small."""

import io
import os

from PIL import Image

from tests.browser.kit.tab import Tab
from tests.interop.lab import parts

WANTED = "FTPAIR_WRITE_IMAGES"
"""The variable of the environment that asks for them: `FTPAIR_WRITE_IMAGES=1`."""
FOLDER = parts.REPOSITORY / "docs" / "images"
LIMIT_BYTES = 60 * 1024


def take_picture(tab: Tab, name: str) -> None:
    """Write `docs/images/NAME-light.png` or `-dark.png` if pictures are wanted, but for phones."""
    if os.environ.get(WANTED) == "1" and not tab.look.is_phone:
        small = shrunk(tab.page.screenshot(animations="disabled"))
        assert len(small) <= LIMIT_BYTES, f"the picture {name} has {len(small)} bytes"
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"{name}-{tab.look.scheme}.png").write_bytes(small)


def shrunk(png: bytes) -> bytes:
    """Return a picture with no more than 256 colours, a third of its size; a page has few."""
    target = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        # The octree keeps the red of one small light, which the median cut gives up for one more grey.
        small = picture.convert("RGB").quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        small.save(target, "PNG", optimize=True)
    return target.getvalue()
