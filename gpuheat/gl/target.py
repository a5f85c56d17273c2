"""Target: textures to draw into, and the way back to arrays."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

import moderngl
import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import DeviceError


class Target:
    """A framebuffer of equally large textures, released at the end of its ``with``.

    No picture is ever flipped here: a grid's row 0 is drawn into the framebuffer's row 0,
    and `Grid.from_plane` has already turned y downwards.

    Parameters
    ----------
    gl : moderngl.Context
        Current on this thread.
    width, height : int
        Pixels.
    layers : sequence of (components, dtype)
        One texture each, in moderngl's terms: ``(1, "f4")`` is R32F.
    """

    def __init__(
        self, gl: moderngl.Context, width: int, height: int, layers: Sequence[tuple[int, str]]
    ) -> None:
        limit = gl.info["GL_MAX_TEXTURE_SIZE"]
        if max(width, height) > limit:
            raise DeviceError(
                f"a target of {width} x {height} pixels is beyond this driver's {limit}; "
                'draw a smaller size, or with device="cpu"'
            )
        self.width, self.height = width, height
        self._gl, self._layers = gl, layers
        self._textures: list[moderngl.Texture] = []
        self._framebuffer: moderngl.Framebuffer | None = None
        # What was bound before is bound again at the end: moderngl rebinds the last one used
        # whenever it makes another, and a deleted one would be an error.
        self._before = gl.fbo or gl.detect_framebuffer(0)
        try:
            for components, dtype in layers:
                self._textures.append(gl.texture((width, height), components, dtype=dtype))
            self._framebuffer = gl.framebuffer(self._textures)
        except moderngl.Error as error:
            self.release()
            raise DeviceError(f"no framebuffer of {width} x {height} pixels: {error}") from error

    def use(self, viewport: tuple[int, int, int, int] | None = None) -> None:
        """Draw into this target from now on, through a viewport (default: all of it)."""
        framebuffer = self._bound()
        framebuffer.viewport = viewport or (0, 0, self.width, self.height)
        framebuffer.use()

    def clear(self, value: float = 0.0) -> None:
        """Set every component of every texel."""
        self._bound().clear(value, value, value, value)

    def read(self, layer: int = 0) -> NDArray[np.generic]:
        """Copy a texture: (height, width) or (height, width, components), row 0 first."""
        components, dtype = self._layers[layer]
        item = np.dtype({"f1": "u1"}.get(dtype, dtype))
        shape = (self.height, self.width) + ((components,) if components > 1 else ())
        out = np.empty(shape, item)
        self._bound().read_into(
            out,
            viewport=(0, 0, self.width, self.height),
            components=components,
            attachment=layer,
            dtype=dtype,
            alignment=1,
        )
        return out

    def release(self) -> None:
        """Free the GL objects."""
        if self._framebuffer is not None:
            self._before.use()
            self._framebuffer.release()
            self._framebuffer = None
        for texture in self._textures:
            texture.release()
        self._textures.clear()

    def _bound(self) -> moderngl.Framebuffer:
        if self._framebuffer is None:
            raise DeviceError("this target has been released")
        return self._framebuffer

    def __enter__(self) -> Target:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
