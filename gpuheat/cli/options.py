"""Options: the parser every command uses, and the options that `gpuheat.render` has."""

from __future__ import annotations

import argparse
import difflib
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from gpuheat.color import tone
from gpuheat.density import aggregate, dot, per_area, plan
from gpuheat.density.dotsize import AUTO
from gpuheat.errors import InputError
from gpuheat.geo import projection
from gpuheat.gl import opening
from gpuheat.pipeline import render

# "-180,-60,180,80", "-.5", "-inf": values that argparse takes for options.
_NEGATIVE = re.compile(r"-(\.?\d|inf|nan)", re.IGNORECASE)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are `InputError` and say what may have been meant.

    Parameters
    ----------
    command : str
        The command's name.
    description : str
    epilog : str
        Shown as it is.
    """

    def __init__(self, command: str, description: str, epilog: str = "") -> None:
        super().__init__(
            f"gpuheat {command}",
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Read the arguments; options may stand before, between and after the inputs."""
        joined = self._with_negative_values(list(arguments))
        args, unknown = self.parse_known_intermixed_args(joined)
        if unknown:
            self.error(self._unlike(unknown))
        return args

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print together with the whole usage."""
        raise InputError(f"{message} (see {self.prog} --help)")

    def _with_negative_values(self, arguments: list[str]) -> list[str]:
        """Tie values that begin with a minus to their options: --area=-180,-60,180,80.

        Behind "--" there are only paths, which get a "./" where they begin with a minus:
        argparse forgets about "--" when it reads options between inputs.
        """
        takes_value = {
            name for action in self._actions if action.nargs != 0 for name in action.option_strings
        }
        joined: list[str] = []
        for position, word in enumerate(arguments):
            if word == "--":
                paths = arguments[position + 1 :]
                return joined + [f"./{p}" if len(p) > 1 and p[0] == "-" else p for p in paths]
            if joined and joined[-1] in takes_value and _NEGATIVE.match(word):
                joined[-1] += ("=" if joined[-1].startswith("--") else "") + word
            else:
                joined.append(word)
        return joined

    def _unlike(self, unknown: Sequence[str]) -> str:
        word = next((word for word in unknown if word.startswith("-")), unknown[0])
        name = word.partition("=")[0]
        options = sorted(option for a in self._actions for option in a.option_strings)
        near = [option for option in options if len(name) > 2 and option.startswith(name)]
        near = near or difflib.get_close_matches(name.lower(), options, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"there is no option {name}{hint}" if word[0] == "-" else f"what is {word!r}?"


@dataclass(frozen=True)
class Option:
    """An option that stands for a parameter of `gpuheat.render` of the same name."""

    group: str
    metavar: str
    help: str
    read: Callable[[str], Any] = str


def number(text: str) -> float:
    """Read a number; a whole one stays whole."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


def size(text: str) -> float | tuple[float, ...]:
    """Read 1024 or 1024x768."""
    sides = re.split("[xX,]", text)
    try:
        numbers = tuple(number(side) for side in sides)
    except argparse.ArgumentTypeError:
        numbers = ()
    if len(numbers) not in (1, 2):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no size; give WIDTHxHEIGHT, or one number for the longer side"
        )
    return numbers[0] if len(numbers) == 1 else numbers


def dotsize(text: str) -> float | str:
    """Read a number of pixels; "250m" and "auto" stay text, for `render` to check."""
    if text == AUTO or re.fullmatch(r"[0-9.].*[a-zA-Z]", text):
        return text
    try:
        return number(text)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(
            f'{text!r} is no dotsize; give pixels, a size on the ground such as 250m, or "auto"'
        ) from None


def numbers(n: int, example: str) -> Callable[[str], tuple[float, ...]]:
    """Return a reader of so many numbers with commas between them."""

    def read(text: str) -> tuple[float, ...]:
        parts = text.split(",")
        if len(parts) != n:
            raise argparse.ArgumentTypeError(f"{text!r} has {len(parts)} numbers; give {example}")
        return tuple(number(part) for part in parts)

    return read


# In the order of the help. The defaults are those in render's signature.
RENDER_OPTIONS = {
    "x": Option("points", "COLUMN", "the column of x; default: x, lon, longitude or ending so"),
    "y": Option("points", "COLUMN", "the column of y; both or none"),
    "weights": Option("points", "COLUMN", "the column of weights; default: each point weighs 1"),
    "by": Option("points", "COLUMN", "the column of up to 16 categories, each with its color"),
    "size": Option("picture", "WxH", "in pixels, or one number for the longer side", size),
    "area": Option(
        "picture",
        "MINX,MINY,MAXX,MAXY",
        "what it shows, in the points' units; default: the range of the points",
        numbers(4, "MINX,MINY,MAXX,MAXY"),
    ),
    "margin": Option("picture", "FRACTION", "of that range, added all around", number),
    "projection": Option(
        "picture", "NAME", f"for degrees: {', '.join(projection.NAMES)}; none is plate carree"
    ),
    "background": Option("picture", "WHAT", 'a color, a picture\'s file, or "land" for lon/lat'),
    "dotsize": Option(
        "dots", "SIZE", "the diameter of a dot: pixels, on the ground (250m), or auto", dotsize
    ),
    "falloff": Option("dots", "NAME", f"from its centre to its rim: {', '.join(dot.PROFILES)}"),
    "normalize": Option(
        "dots",
        "HOW",
        f"what densities are in: {', '.join(per_area.NORMALIZE)} (1 at a dot's "
        "center; or per km2 of the ground)",
    ),
    "aggregate": Option(
        "dots", "NAME", f"what a pixel says of its dots: {', '.join(aggregate.AGGREGATES)}"
    ),
    "support": Option("dots", "DOTS", "below so many dots a mean fades", number),
    "tone": Option("color", "NAME", f"density to brightness: {', '.join(sorted(tone.NAMES))}"),
    "span": Option(
        "color",
        "LOW,HIGH",
        "the densities at the ends of the scale; default: fitted to the picture",
        numbers(2, "LOW,HIGH"),
    ),
    "percentile": Option(
        "color",
        "LOW,HIGH",
        "in place of a span: it is fitted to these percentiles of the picture, say 1,99",
        numbers(2, "LOW,HIGH"),
    ),
    "center": Option("color", "DENSITY", "half way up, for --tone diverging; default: 0", number),
    "scheme": Option(
        "color",
        "NAME",
        "one of `gpuheat schemes` or of the package cmap, reversed by _r behind it; or a file; "
        "default: inferno, or with --by 16 that are told apart easily",
    ),
    "opacity": Option("color", "0..255", "of the painted pixels", number),
    "method": Option("device", "NAME", f"how the dots are summed: {', '.join(plan.METHODS)}"),
    "device": Option("device", "NAME", f"{', '.join(opening.NAMES)}; see `gpuheat doctor`"),
}


def add_render_options(parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Add an option for every parameter of `gpuheat.render` that a shell can give.

    Returns the groups they stand in, by name.
    """
    groups: dict[str, Any] = {}
    parameters = inspect.signature(render).parameters
    for name, option in RENDER_OPTIONS.items():
        if option.group not in groups:
            groups[option.group] = parser.add_argument_group(option.group)
        default = parameters[name].default
        told = "" if default is None else f" (default {default})"
        groups[option.group].add_argument(
            f"--{name}",
            metavar=option.metavar,
            type=option.read,
            default=default,
            help=(option.help + told).replace("%", "%%"),
        )
    return groups


def render_options(
    args: argparse.Namespace, function: Callable[..., Any] = render
) -> dict[str, Any]:
    """Return what `add_render_options` read, as keywords of `gpuheat.render` or its like."""
    known = inspect.signature(function).parameters
    return {name: getattr(args, name) for name in RENDER_OPTIONS if name in known}
