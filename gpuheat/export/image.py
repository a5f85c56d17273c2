"""Image: pixels of any colors, into the formats that hold no palette: WebP and JPEG."""

from __future__ import annotations

from typing import IO

from PIL import Image

from gpuheat.errors import InputError

# What the encoders hold, in pixels a side.
_LONGEST = {"webp": 16383, "jpg": 65500}


def write(stream: IO[bytes], image: Image.Image, format: str) -> None:
    """Write an image.

    Parameters
    ----------
    stream : binary file object
    image : PIL.Image.Image
        RGBA.
    format : str
        webp (lossless) or jpg (over white, for it holds no alpha).

    Raises
    ------
    InputError
        If a side is too long for the format's encoder.
    """
    width, height = image.size
    if max(width, height) > _LONGEST[format]:
        raise InputError(
            f"{format} holds pictures of up to {_LONGEST[format]} pixels a side, this one is "
            f"{width} x {height}; save it as png"
        )
    if format == "webp":
        image.save(stream, "WEBP", lossless=True, exact=True)
    else:
        white = Image.new("RGBA", image.size, "white")
        Image.alpha_composite(white, image).convert("RGB").save(stream, "JPEG", quality=92)
