"""Files written whole or not at all, JSON read or refused, names of any bytes."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@contextmanager
def open_atomic(path: Path, *, mode: int = 0o644) -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it on success.

    The file appears whole or not at all; a failure leaves the old one.
    """
    name = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        own = f".{os.getpid()}-"
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=own, suffix=".tmp")
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as exc:
        raise StoreError(
            f"{show_name(path)}: cannot be written ({exc.strerror or exc}); the folder "
            f"has {_free_bytes(path.parent)} bytes free\n"
            "  → free space or choose another folder"
        ) from exc
    finally:
        if name is not None:
            Path(name).unlink(missing_ok=True)


def _free_bytes(folder: Path) -> int | str:
    """Tell how much room a folder's disk has."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return "unknown"


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file whole or not at all, for others to read unless `mode` says no."""
    with open_atomic(path, mode=mode) as temporary:
        temporary.write_bytes(content)


def show_name(path: Path | str) -> str:
    r"""Return a file's name as text that can be printed and stored.

    Names are bytes; those that are no UTF-8 come to Python as lone surrogates, which
    neither a terminal nor a JSON file takes.

    Examples
    --------
    >>> show_name("kepesertaan_\udce9.csv")
    'kepesertaan_\\xe9.csv'
    """
    name = path if isinstance(path, str) else path.as_posix()
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def dump_json(values: object) -> bytes:
    """Return plain values as the bytes of a JSON file, equal for equal values."""
    text = json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True)
    return (text + "\n").encode("utf-8", "backslashreplace")


def write_json(path: Path, values: object) -> None:
    """Write plain values as JSON, whole or not at all."""
    write_bytes(path, dump_json(values))


def read_json(path: Path, *, remedy: str) -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Parameters
    ----------
    path
        The file.
    remedy
        What makes it anew, for the error.

    Raises
    ------
    StoreError
        If it is missing, cut short, no JSON, or JSON of another shape.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        why = exc.strerror or str(exc)
    except (ValueError, RecursionError):
        why = "damaged: no JSON"
    else:
        if isinstance(told, dict):
            return told
        why = f"damaged: holds a {type(told).__name__}"
    raise StoreError(f"{path}: cannot be read ({why})\n  → {remedy}")


def append_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Append plain values, one a line, in one write.

    An empty line goes before them: what a kill cut short must not swallow one.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    rows = [json.dumps(line, ensure_ascii=False, sort_keys=True) for line in lines]
    content = "".join(f"\n{row}\n" for row in rows).encode("utf-8", "backslashreplace")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            if os.write(handle, content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(handle)
    except OSError as exc:
        raise StoreError(
            f"{path}: cannot be written ({exc.strerror})\n"
            "  → free space or choose another folder"
        ) from exc


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read appended lines; one cut short by a kill, or damaged, is not one.

    Raises
    ------
    StoreError
        If the file is there and cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise StoreError(
            f"{path}: cannot be read ({exc.strerror})\n  → make it readable"
        ) from exc
    found = []
    for line in text.splitlines():
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(told, dict):
            found.append(told)
    return found


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def release_memory() -> None:
    """Give memory of dropped tables back to the system, where it can be asked to."""
    import ctypes
    import gc

    import pyarrow as pa

    gc.collect()
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def make_private(what: str) -> Path:
    """Make a temporary folder for its owner alone that names its process."""
    sweep_private()
    return Path(tempfile.mkdtemp(prefix=f"jkn-{what}-{os.getpid()}-"))


def sweep_private() -> None:
    """Remove such folders of processes that are gone: killed, they could not."""
    for path in Path(tempfile.gettempdir()).glob("jkn-*-*-*"):
        if _is_gone(path.name.split("-")[2]):
            shutil.rmtree(path, ignore_errors=True)


def sweep_written(folder: Path) -> None:
    """Remove what processes that were killed left half-written below a folder."""
    for path in folder.rglob(".*-*.tmp"):
        if _is_gone(path.name[1:].partition("-")[0]):
            path.unlink(missing_ok=True)


def _is_gone(owner: str) -> bool:
    """Tell whether a process that a name tells of has ended."""
    try:
        import psutil
    except ImportError:  # of a system without what it stands on
        return False
    return owner.isdigit() and not psutil.pid_exists(int(owner))
