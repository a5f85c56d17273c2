"""Content: a file's or a stream's bytes, unpacked from gzip, with every failure named."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from pathlib import Path
from typing import IO, Any

from gpuheat.errors import FileError, GpuheatError, InputError

# Enough of the beginning to tell formats apart and to see some hundred rows of text.
HEAD_BYTES = 1 << 16

# One call of Python per this many bytes costs nothing beside parsing them.
_BUFFER_BYTES = 1 << 20

_GZIP = b"\x1f\x8b"


class Content:
    """What a file holds, from its first byte, as often as it can be read.

    Parameters
    ----------
    given : str, path or file object
        "-" is the standard input. Of a text stream the bytes beneath it are read.

    Attributes
    ----------
    label : str
        How messages name it.
    suffix : str
        The name's ending in lower case without ".gz": ".csv"; "" where there is none.
    path : Path or None
        The file, where it is a plain one: pipes and devices are streams.
    rereadable : bool
        Whether `open` may be called more than once.
    packed : bool
        Whether the bytes come out of gzip.
    head : bytes
        The first `HEAD_BYTES` bytes, unpacked; shorter only where no more follow.

    Raises
    ------
    FileError
        If it is not there or cannot be read.
    InputError
        If `given` is no file at all.
    """

    def __init__(self, given: object) -> None:
        self.path: Path | None = None
        self.packed = False
        self._stream: io.BufferedReader | None = None
        is_stdin = isinstance(given, str) and given == "-"
        if isinstance(given, (str, os.PathLike)) and not is_stdin:
            path = Path(given)
            self.label, self.suffix = path.name, _suffix(path)
            if _is_plain(path):
                self.path = path
            else:
                self._stream = self._unpacked(_open(path), owned=True)
        else:
            stream = sys.stdin if is_stdin else given
            name = getattr(stream, "name", None)
            named = Path(name) if isinstance(name, str) and not is_stdin else Path("stream")
            self.label = "standard input" if is_stdin else named.name
            self.suffix = _suffix(named)
            self._stream = self._unpacked(_binary(stream), owned=False)
        self.rereadable = self.path is not None
        self.head = self._read_head()

    def open(self) -> io.BufferedReader:
        """Open the bytes from the first one on; the caller closes what it gets.

        Raises
        ------
        FileError
            If a stream has been read before. Reading raises it too, where the file
            breaks off.
        """
        if self.path is not None:
            return self._unpacked(_open(self.path), owned=True)
        if self._stream is None:
            raise FileError(
                f"{self.label} is a stream and has been read already; "
                "save it to a file to read it again"
            )
        stream, self._stream = self._stream, None
        return stream

    def read(self) -> bytes:
        """Read all the bytes into memory."""
        with self.open() as stream:
            try:
                return stream.read()
            except MemoryError as error:
                raise FileError(f"{self.label} does not fit in memory; split it") from error

    def _read_head(self) -> bytes:
        stream = self.open()
        head = stream.read(HEAD_BYTES)
        if self.path is not None:
            stream.close()
        else:
            self._stream = _buffered(stream, self.label, first=head, owned=[stream])
        return head

    def _unpacked(self, raw: IO[bytes], *, owned: bool) -> io.BufferedReader:
        """Wrap a file so that it is unpacked where it is gzip, whatever its name says."""
        beneath = _buffered(raw, self.label, owned=[raw] if owned else [])
        first = beneath.read(len(_GZIP))
        whole = _buffered(beneath, self.label, first=first, owned=[beneath])
        self.packed = first == _GZIP
        if not self.packed:
            return whole
        unpacked = gzip.GzipFile(fileobj=whole)
        return _buffered(unpacked, self.label, owned=[unpacked, whole])


class _Raw(io.RawIOBase):
    """Bytes already taken from a file, then the rest of it; its failures are ours.

    Parameters
    ----------
    rest : binary file
        What is left to read.
    label : str
        How messages name it.
    first : bytes
        What was read from it before.
    owned : list of binary files
        What to close at the end, outermost first.
    """

    def __init__(self, rest: IO[bytes], label: str, first: bytes, owned: list[IO[bytes]]) -> None:
        self._rest = rest
        self._label = label
        self._first = first
        self._owned = owned

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._first:
            data, self._first = self._first[: len(buffer)], self._first[len(buffer) :]
        else:
            data = self._read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        for file in self._owned:
            file.close()
        super().close()

    def _read(self, n_bytes: int) -> bytes:
        try:
            data = self._rest.read(n_bytes)
        except GpuheatError:
            raise
        # zlib.error, EOFError: damaged gzip; ValueError: a file object that is closed.
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise FileError(
                f"{self._label} cannot be read to its end: {error}; "
                "it may be damaged or cut short: fetch or write it again"
            ) from error
        if not isinstance(data, bytes):
            raise InputError(
                f"{self._label} gave {type(data).__name__} when read, expected bytes; "
                'open the file with mode "rb"'
            )
        return data


def _buffered(rest: Any, label: str, *, first: bytes = b"", owned: list[Any]) -> io.BufferedReader:
    return io.BufferedReader(_Raw(rest, label, first, owned), _BUFFER_BYTES)


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise FileError(f"there is no file {path}; check its name and folder") from error
    except IsADirectoryError as error:
        raise FileError(f"{path} is a folder, expected a file; name a file in it") from error
    except PermissionError as error:
        raise FileError(f"{path} may not be read: permission denied") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it.
        raise FileError(f"{str(path)!r} cannot be opened: {error}") from error


def _is_plain(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # Opening it says why.
        return False


def _suffix(path: Path) -> str:
    name = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return name.suffix.lower()


def _binary(stream: object) -> Any:
    """Return a file object that gives bytes."""
    if isinstance(stream, io.TextIOBase):
        beneath = getattr(stream, "buffer", None)
        return beneath if beneath is not None else io.BytesIO(stream.read().encode())
    if not callable(getattr(stream, "read", None)):
        raise InputError(
            f"got {type(stream).__name__}, expected a path or a file object opened for reading"
        )
    return stream
