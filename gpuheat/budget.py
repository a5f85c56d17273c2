"""How much memory a job may take: asked before anything large is allocated."""

from __future__ import annotations

import os
from pathlib import Path

from gpuheat.errors import BudgetError, InputError

VARIABLE = "GPUHEAT_MAX_BYTES"
# What is assumed to be free where the system does not say.
UNKNOWN_FREE = 4 << 30


def max_bytes() -> int:
    """Return the budget: ``GPUHEAT_MAX_BYTES``, or half of the free memory."""
    given = os.environ.get(VARIABLE)
    if given is None:
        return _free_bytes() // 2
    try:
        budget = int(given)
    except ValueError:
        budget = 0
    if budget <= 0:
        raise InputError(f"{VARIABLE} is {given!r}; give a positive number of bytes")
    return budget


def check(n_bytes: float, what: str, advice: str) -> None:
    """Refuse work that would not fit.

    Parameters
    ----------
    n_bytes : float
        What the work allocates at its peak.
    what, advice : str
        For the message: what needs the memory, and what would need less.

    Raises
    ------
    BudgetError
        If ``n_bytes`` is above `max_bytes`; the text names both figures.
    """
    budget = max_bytes()
    if n_bytes > budget:
        raise BudgetError(
            f"{what} needs {amount(n_bytes)} of memory and {amount(budget)} may be used; "
            f"{advice}, or raise {VARIABLE}"
        )


def amount(n_bytes: float) -> str:
    """Write a number of bytes as people do: "3.2 GB"."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if n_bytes < 1000 or unit == "TB":
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    raise AssertionError("unreachable: the last unit always returns")


def _free_bytes() -> int:
    """Return the memory left to this process: the machine's, or its container's if less."""
    free = []
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                free.append(int(line.split()[1]) * 1024)
        group = Path("/sys/fs/cgroup")
        limit = (group / "memory.max").read_text().strip()
        if limit != "max":
            free.append(int(limit) - int((group / "memory.current").read_text()))
    except (OSError, ValueError):
        pass  # not Linux, or no such control group: the figures found so far serve
    return max(min(free), 0) if free else UNKNOWN_FREE
