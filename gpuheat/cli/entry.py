"""Entry: from the arguments to a command, and from whatever goes wrong to one line."""

from __future__ import annotations

import difflib
import importlib
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from gpuheat import __version__
from gpuheat.cli import messages
from gpuheat.errors import GpuheatError, InputError
from gpuheat.points.files import READERS

# With it set to 1 an error shows where it came from.
DEBUG = "GPUHEAT_DEBUG"

MISTAKE = 2  # the user's, as argparse has it
BUG = 70  # ours: EX_SOFTWARE of sysexits.h
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
BROKEN_PIPE = 141  # 128 + SIGPIPE

# Each is a module of this room with `parser()` and `run(args)`.
COMMANDS = {
    "render": "draw points from files as a heatmap picture",
    "schemes": "show the color schemes, in the terminal or as a picture",
    "doctor": "tell which devices can draw here, and what to do about the others",
}

_HELP = f"""usage: gpuheat COMMAND ...

Points to heatmap pictures on the GPU.

commands:
{chr(10).join(f"  {name:8} {what}" for name, what in COMMANDS.items())}

options:
  -h, --help  show this; gpuheat COMMAND --help tells more
  --version   show the version

example: gpuheat render quakes.csv -o quakes.png
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; default those of this process.

    Returns
    -------
    int
        The exit status: 0; 2 for a mistake in arguments or input; 130 when interrupted.
    """
    status = _guarded(sys.argv[1:] if argv is None else list(argv))
    if status == INTERRUPTED and argv is None:
        # The thread that draws may be deep in the driver, and a regular exit waits for it.
        # No file is half written: writing is done on this thread, and it has cleaned up.
        os._exit(status)
    return status


def _guarded(arguments: list[str]) -> int:
    """Run, and turn every exception into a line and a status."""
    try:
        status = _dispatch(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except SystemExit as stop:  # argparse after --help
        return stop.code if isinstance(stop.code, int) else 0
    except KeyboardInterrupt:
        messages.note("gpuheat: interrupted; nothing was written")
        return INTERRUPTED
    except BrokenPipeError:
        _let_stdout_go()
        return BROKEN_PIPE
    except Exception as error:
        if os.environ.get(DEBUG) == "1":
            traceback.print_exc()
        if isinstance(error, GpuheatError):
            messages.error(str(error))
            return MISTAKE
        if isinstance(error, OSError):  # a full disk behind standard output, say
            place = f"{error.filename}: " if error.filename else ""
            messages.error(place + (error.strerror or str(error)))
            return MISTAKE
        if isinstance(error, MemoryError):
            messages.error(f"out of memory; draw a smaller --size, or fewer points at once {error}")
            return MISTAKE
        messages.error(
            f"{type(error).__name__}: {error}; this is a bug in gpuheat, please report it "
            f"with what {DEBUG}=1 shows"
        )
        return BUG


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        messages.result(_HELP.rstrip())
        return 0
    if arguments[0] == "--version":
        messages.result(f"gpuheat {__version__}")
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        raise _no_command(name, arguments)
    command = importlib.import_module(f"gpuheat.cli.{name}")
    run: Callable[..., int] = command.run
    return run(command.parser().parse(rest))


def _no_command(name: str, arguments: list[str]) -> InputError:
    """Build the error for a first word that is no command: a file, an option, a slip."""
    near = difflib.get_close_matches(name.lower(), COMMANDS, n=1)
    if near and not name.startswith("-"):
        arguments = [near[0], *arguments[1:]]
    elif _names_points(name) or any(_names_points(word) for word in arguments[1:]):
        arguments = ["render", *arguments]
    else:
        return InputError(
            f"{name!r} is no command (there are: {', '.join(COMMANDS)}); see gpuheat --help"
        )
    return InputError(f"{name!r} is no command; did you mean: gpuheat {shlex.join(arguments)}")


def _names_points(word: str) -> bool:
    """Say whether a word may be meant as an input: a file that is there, or named as one."""
    with suppress(OSError, ValueError):
        if Path(word).is_file():
            return True
    return word == "-" or Path(word.lower().removesuffix(".gz")).suffix in READERS


def _let_stdout_go() -> None:
    """Send what Python still wants to flush at its exit to nowhere."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
