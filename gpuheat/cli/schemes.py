"""``gpuheat schemes``: every color scheme, as strips in the terminal or as a picture."""

from __future__ import annotations

import argparse
import os
import shutil
import sys

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from gpuheat.cli import messages
from gpuheat.cli.options import Parser
from gpuheat.cli.output import STDOUT, Output
from gpuheat.color import colormaps
from gpuheat.color.scheme import N_COLORS, Scheme, schemes
from gpuheat.errors import GpuheatError

DENSEST, THINNEST = "densest", "thinnest"
_FORMATS = ("png", "webp", "jpg")

_STRIP_LETTERS = (24, 64)  # the narrowest and the widest strip in a terminal

# In pixels. Two per colour, so that a scheme's every step is there.
_STRIP_WIDTH, _STRIP_HEIGHT = 2 * N_COLORS, 28
_GAP, _MARGIN = 10, 20
_FONT_SIZE = 17
# The picture brings its own ground, so that it reads the same on light and dark pages; both
# ends of a scheme, black ones too, stand out from it by their frame.
_GROUND, _FRAME, _INK, _FAINT = (32, 36, 44), (110, 116, 128), (236, 238, 242), (160, 166, 178)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def parser() -> Parser:
    """Make the parser of this command."""
    made = Parser("schemes", "Show the color schemes, densest end first. NAME_r is reversed.")
    made.add_argument(
        "-o", dest="output", metavar="OUT", help="draw them as a picture: .png, .webp or .jpg"
    )
    made.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="strips of color in the terminal; auto: on a terminal, unless NO_COLOR is set; "
        "else plain names",
    )
    made.add_argument("--force", action="store_true", help="replace OUT if it is there")
    return made


def run(args: argparse.Namespace) -> int:
    """Show all schemes."""
    if args.output is not None:
        output = Output.checked(args.output, force=args.force, formats=_FORMATS)
        picture = draw(_readable())
        output.write(lambda stream: picture.save(stream, _pillow_name(output.format)))
        say = messages.note if output.name == STDOUT else messages.result
        width, height = picture.size
        say(messages.one_line(f"{output.label}: {width} x {height} pixels"))
        return 0
    if not _in_color(args.color):
        messages.result("\n".join(messages.one_line(name) for name in schemes()))
        return 0
    for line in strips(_readable(), shutil.get_terminal_size().columns):
        messages.result(line)
    n_more = len(colormaps.names())
    messages.note(
        f"and {n_more:,} more by name, of the package cmap"
        if n_more
        else f"600 more by name with: {colormaps.COMMAND}"
    )
    return 0


def strips(shown: list[Scheme], columns: int) -> list[str]:
    """Write schemes as lines of colored blanks.

    Parameters
    ----------
    shown : list of Scheme
    columns : int
        Of the terminal; names and strips fit into them, if they can.
    """
    names = [messages.one_line(scheme.name) for scheme in shown]
    indent = max(map(len, names), default=0) + 2
    narrowest, widest = _STRIP_LETTERS
    width = min(max(columns - indent - 1, narrowest), widest)
    at = np.linspace(0, N_COLORS - 1, width).round().astype(int)
    lines = [" " * indent + DENSEST + THINNEST.rjust(width - len(DENSEST))]
    for name, scheme in zip(names, shown, strict=True):
        blanks = "".join(f"\x1b[48;2;{r};{g};{b}m " for r, g, b in scheme.colors[at, :3].tolist())
        lines.append(f"{name.ljust(indent)}{blanks}\x1b[0m")
    return lines


def draw(shown: list[Scheme]) -> Image.Image:
    """Draw schemes one below the other, each with its name, on an opaque ground."""
    font = _font()
    names = [_drawable(messages.one_line(scheme.name), font) for scheme in shown]
    names_width = max((int(np.ceil(font.getbbox(name)[2])) for name in names), default=0)
    left = _MARGIN + names_width + _GAP
    top = _MARGIN + _FONT_SIZE + _GAP
    row = _STRIP_HEIGHT + _GAP
    size = (left + _STRIP_WIDTH + _MARGIN, top + row * len(shown) - _GAP + _MARGIN)
    picture = Image.new("RGB", size, _GROUND)
    pen = ImageDraw.Draw(picture)
    pen.text((left, _MARGIN), DENSEST, _FAINT, font)
    ending = int(np.ceil(font.getbbox(THINNEST)[2]))
    pen.text((left + _STRIP_WIDTH - ending, _MARGIN), THINNEST, _FAINT, font)
    # All names stand on a line of the same height, whatever letters they have.
    letters = font.getbbox("hp")
    drop = (_STRIP_HEIGHT - (letters[3] + letters[1])) / 2
    for number, (name, scheme) in enumerate(zip(names, shown, strict=True)):
        y = top + number * row
        pen.text((_MARGIN, y + drop), name, _INK, font)
        picture.paste(Image.fromarray(_strip(scheme)), (left, y))
        frame = (left - 1, y - 1, left + _STRIP_WIDTH, y + _STRIP_HEIGHT)
        pen.rectangle(frame, outline=_FRAME)
    return picture


def _strip(scheme: Scheme) -> NDArray[np.uint8]:
    """Spread a scheme's colors over a strip: (height, width, 3) uint8."""
    repeated = scheme.colors[:, :3].repeat(_STRIP_WIDTH // N_COLORS, axis=0)
    return np.ascontiguousarray(np.broadcast_to(repeated, (_STRIP_HEIGHT, _STRIP_WIDTH, 3)))


def _readable() -> list[Scheme]:
    """Read all schemes; the user's own that are not in order are left out with a warning."""
    found = []
    for name in schemes():
        try:
            found.append(Scheme.of(name))
        except GpuheatError as error:
            messages.warning(str(error))
    return found


def _in_color(wanted: str) -> bool:
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout is not None and sys.stdout.isatty()


def _font() -> Font:
    """Return Pillow's built-in font; before Pillow 10.1 it has one size only."""
    try:
        return ImageFont.load_default(_FONT_SIZE)
    except TypeError:
        return ImageFont.load_default()


def _drawable(name: str, font: Font) -> str:
    """Replace what a bitmap font does not have; the other draws a box for it."""
    if isinstance(font, ImageFont.FreeTypeFont):
        return name
    return name.encode("latin-1", "replace").decode("latin-1")


def _pillow_name(format: str) -> str:
    return {"jpg": "JPEG"}.get(format, format.upper())
