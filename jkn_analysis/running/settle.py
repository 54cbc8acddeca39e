"""Make a process cheap to fork.

A child copies every page it writes to, if only to count one more reference to an
object that lies there. What a child makes anew goes first into the holes that
imports left all over the memory, a page copied for a few bytes each; so the holes
are filled before the first fork, and the names every kernel walks over are laid side
by side. On the pages of the sample this saves a sixth of the copies.
"""

from __future__ import annotations

import ctypes
import gc
import os
import re
import sys
import tempfile
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_CLASS = re.compile(r"^\s*\d+\s+(\d+)\s+\d+\s+\d+\s+(\d+)\s*$", re.MULTILINE)
"""A size class in the table of `sys._debugmallocstats`: its size and free blocks."""
_BYTES_HEAD = sys.getsizeof(b"")
_HEAP_SIZES = sorted(
    (times << power for times in (2, 3) for power in range(3, 16)), reverse=True
)
"""Sizes asked of the heap, in bytes, falling."""

_MOST_STORED = 16
"""More pieces of one size than glibc keeps in a thread's store."""

_KEPT: list[Any] = []
"""What fills the holes; never looked at again."""


class _Heap(ctypes.Structure):
    """What glibc tells of its heap (mallinfo2)."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


def settle(last: Callable[[], T]) -> T:
    """Fill the holes, lay the names of modules side by side, freeze all objects.

    Returns what `last` makes in between, which so lies on pages of its own.
    """
    release_arrow()
    gc.collect()
    fill_pools(read_free_blocks())
    fill_heap()
    lay_names()
    made = last()
    gc.freeze()
    return made


def release_arrow() -> None:
    """Give back what Arrow keeps for later, so that no fork has to copy it."""
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()


def read_free_blocks() -> dict[int, int]:
    """Return the free blocks in Python's half-used pools, by their size in bytes.

    The interpreter tells them on its standard error only; empty where it has other
    pools or none.
    """
    tell = getattr(sys, "_debugmallocstats", None)
    if tell is None:
        return {}
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), 2)
            tell()
            os.dup2(kept, 2)
            file.seek(0)
            text = file.read().decode("ascii", "replace")
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    return {int(size): int(free) for size, free in _CLASS.findall(text)}


def fill_pools(free: dict[int, int]) -> None:
    """Take so many free blocks of each size, with objects of just that size."""
    for size, count in free.items():
        if size > _BYTES_HEAD:
            _KEPT.append([b"x" * (size - _BYTES_HEAD) for _ in range(count)])
        elif size == sys.getsizeof(object()):
            _KEPT.append([object() for _ in range(count)])
        else:
            _KEPT.append([float(number) for number in range(count)])


def fill_heap() -> None:
    """Take the free pieces of glibc's heap, from large to small, up to its end."""
    libc = ctypes.CDLL(None)
    try:
        take, tell = libc.malloc, libc.mallinfo2
    except AttributeError:
        return
    take.restype, take.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    tell.restype = _Heap
    for size in _HEAP_SIZES:
        _take_holes(take, tell, size)


def _take_holes(
    take: Callable[[int], int | None], tell: Callable[[], _Heap], size: int
) -> None:
    """Take pieces of `size` bytes, until one comes off the heap's end or anew.

    A few come out of a thread's own store, which the heap's figures do not tell of.
    """
    heap, unseen = tell(), 0
    while heap.fordblks - heap.keepcost >= size and take(size):
        before, heap = heap, tell()
        unseen = unseen + 1 if heap.fordblks == before.fordblks else 0
        if heap.keepcost != before.keepcost or unseen > _MOST_STORED:
            return


def lay_names() -> None:
    """Give `sys.modules` fresh keys: every kernel counts references to all of them."""
    known = list(sys.modules.items())
    fresh = [(name.encode().decode(), module) for name, module in known]
    sys.modules.clear()
    sys.modules.update(fresh)
