"""PNG, indexed where a palette says it all: the same pixels in a fifteenth of the time."""

from __future__ import annotations

from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpuheat.color.paint import Colored

# Higher levels take four times as long for a tenth less.
_LEVEL = 1


def write(stream: IO[bytes], colored: Colored) -> None:
    """Write a PNG, in the shortest way that holds all of it."""
    if colored.index is not None and colored.palette is not None:
        write_indexed(stream, colored.index, colored.palette)
    else:
        write_rgba(stream, Image.fromarray(colored.rgba))


def write_indexed(stream: IO[bytes], index: NDArray[np.uint8], palette: NDArray[np.uint8]) -> None:
    """Write an indexed PNG.

    Parameters
    ----------
    stream : binary file object
    index : (height, width) uint8
    palette : (256, 4) uint8
        Straight RGBA.
    """
    picture = Image.fromarray(index)
    picture.putpalette(palette[:, :3].tobytes())
    alpha = palette[:, 3].tobytes()
    picture.save(stream, "PNG", transparency=alpha, compress_level=_LEVEL)


def write_rgba(stream: IO[bytes], image: Image.Image) -> None:
    """Write a PNG with its colours in full."""
    image.save(stream, "PNG", compress_level=_LEVEL)
