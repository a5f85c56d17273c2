"""What can go wrong, by kind: each is a `GpuheatError` and the builtin one expects."""

from __future__ import annotations

from collections.abc import Iterable


class GpuheatError(Exception):
    """Anything gpuheat refuses or cannot do; the text says what to do about it."""


class InputError(GpuheatError, ValueError):
    """Points, an option or a file's content that cannot be used as given."""


class ColumnError(InputError):
    """A column that is not there, or that holds no numbers."""


class FileError(GpuheatError, OSError):
    """A file that cannot be read or written."""


class DeviceError(GpuheatError, RuntimeError):
    """A device that cannot be opened, or cannot do what is asked of it."""


class BudgetError(GpuheatError, MemoryError):
    """Work that needs more memory than it may take; refused before it starts."""


class MissingPackageError(GpuheatError, ImportError):
    """An optional package that is not installed; the text has the command."""


class GpuheatWarning(UserWarning):
    """Something the user should know of a picture that was drawn all the same."""


class EmptyAreaWarning(GpuheatWarning):
    """Every point lies outside the area that was asked for."""


def unknown(
    kind: str, given: object, known: Iterable[str], *, more: Iterable[str] = (), hint: str = ""
) -> InputError:
    """Build the error for a name that is not among the known ones.

    Parameters
    ----------
    kind : str
        What the name stands for: "scheme", "tone".
    given : object
        What was given instead.
    known : iterable of str
        The names there are.
    more : iterable of str
        Names that are too many to list, but may be the nearest.
    hint : str
        What to say of them behind the list.

    Returns
    -------
    InputError
        To raise; its text offers the nearest name and lists the others.
    """
    import difflib  # slow to import, and only a mistake needs it

    names = list(known)
    near = difflib.get_close_matches(str(given).lower(), [*names, *more], n=1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    listed = ", ".join(names) + (f"; {hint}" if hint else "")
    return InputError(f"unknown {kind} {given!r}{meant} (there are: {listed})")
