"""What holds for every test: named devices, seeded randomness, nothing left on the GPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from gpu import DEVICES, GL_DEVICES, left_behind, open_or_skip
from hypothesis import settings

from gpuheat.gl import opening
from gpuheat.gl.context import Context

# The same examples in every run; software drivers stall now and then, so no deadline.
settings.register_profile("gpuheat", derandomize=True, deadline=None)
settings.load_profile("gpuheat")

VARIABLES = ("GPUHEAT_DEVICE", "GPUHEAT_SCHEMES", "GPUHEAT_MAX_BYTES")


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> str:
    """Each device by name, open."""
    open_or_skip(request.param)
    name: str = request.param
    return name


@pytest.fixture(params=GL_DEVICES)
def gl_device(request: pytest.FixtureRequest) -> str:
    """Each device with GL by name, open."""
    open_or_skip(request.param)
    name: str = request.param
    return name


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings out of the tests."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _nothing_left_on_the_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Prove that the test leaves no GL object and no GL error, on any context it used."""
    left = _left_on_the_open_one()
    assert not left, f"before the test: {left}"
    close = Context.close

    def counting(context: Context, **options: Any) -> None:
        if context.is_open and context._worker is not None:
            left.extend(left_behind(context))
        close(context, **options)

    monkeypatch.setattr(Context, "close", counting)
    yield
    left += _left_on_the_open_one()
    if left:
        opening.close_context()  # the next test begins with a clean one
    assert not left, left


def _left_on_the_open_one() -> list[str]:
    context = opening._current
    return left_behind(context) if context is not None and context.is_open else []
