"""Before it forks, a process fills the holes in its memory."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from jkn_analysis.running import settle

IN_A_PROCESS = """
import ctypes, gc, json, sys
import email.mime.multipart, html.parser, xml.dom.minidom
from jkn_analysis.running import settle

kept = [bytes(size % 480) for size in range(40_000)]
big = [bytearray(600 + size % 3000) for size in range(4_000)]
del kept[::2], big[::2]
gc.collect()
names, modules = list(sys.modules), list(sys.modules.values())

def holes():
    tell = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if tell is None:
        return 0
    tell.restype = settle._Heap
    heap = tell()
    return heap.fordblks - heap.keepcost

def pools():
    return sum(size * free for size, free in settle.read_free_blocks().items())

before = pools(), holes()
made = settle.settle(lambda: len(sys.modules))
after = pools(), holes()
print("still there", file=sys.stderr)
print(json.dumps({
    "before": before, "after": after, "made": made == len(names),
    "names": names == list(sys.modules), "frozen": gc.get_freeze_count() > 10_000,
    "modules": all(a is b for a, b in zip(modules, sys.modules.values())),
    "import": __import__("json") is json,
}))
"""


@pytest.fixture(scope="module")
def settled():
    command = [sys.executable, "-c", IN_A_PROCESS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == "still there\n"
    return json.loads(done.stdout)


def test_what_is_free_in_pools_and_heap_is_taken(settled):
    (pools, heap), (pools_left, heap_left) = settled["before"], settled["after"]
    if not pools:
        pytest.skip("this interpreter has no pools to fill")
    assert pools_left < pools / 5
    assert heap_left <= max(heap / 5, 100_000)


def test_modules_are_what_they_were(settled):
    assert settled["names"]
    assert settled["modules"]
    assert settled["import"]


def test_the_last_thing_is_made_before_all_is_frozen(settled):
    assert settled["made"]
    assert settled["frozen"]


def test_an_interpreter_that_tells_nothing_has_no_free_blocks(monkeypatch):
    monkeypatch.delattr(sys, "_debugmallocstats")
    assert settle.read_free_blocks() == {}


def heap(free, end):
    return settle._Heap(fordblks=free, keepcost=end)


@pytest.mark.parametrize(
    ("states", "taken"),
    [
        ([heap(5000, 1000)], 0),
        ([heap(9000, 1000), heap(1000, 1000)], 1),
        ([heap(90_000, 1000)] * 18, 17),
        ([heap(90_000, 50_000), heap(82_000, 42_000)], 1),
    ],
    ids=["too little", "a hole", "made anew", "off the end"],
)
def test_taking_ends_when_it_no_longer_fills_holes(states, taken):
    told, pieces = iter(states), []
    settle._take_holes(lambda size: pieces.append(size) or 1, lambda: next(told), 8000)
    assert len(pieces) == taken
