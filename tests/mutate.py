"""Change modules of rules and money one operator at a time; count what no test sees.

``python -m tests.mutate [--every N] [MODULE ...]`` runs the tests of each module once
per change, in a forked child that imports the changed module, and lists the changes
that survive. ``--every 10`` takes each tenth change.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib.abc
import importlib.util
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
TIMEOUT_S = 120
TESTS = {
    "jkn_analysis.uhc": ("test_uhc.py", "test_peraturan.py"),
    "jkn_analysis.peraturan": ("test_peraturan.py", "test_uhc.py"),
    "jkn_analysis.indicators": ("test_indicators.py", "test_measures.py"),
    "jkn_analysis.measures": ("test_indicators.py", "test_measures.py"),
    "jkn_analysis.anggaran": ("test_anggaran.py", "test_money_ahead.py"),
    "jkn_analysis.suppression": ("test_suppression.py",),
    "jkn_analysis.tunggakan.pemda": ("test_tunggakan.py",),
    "jkn_analysis.skenario.permintaan": ("test_permintaan.py", "test_skenario.py"),
}
"""Each module and the files under ``tests/unit`` that state its rules."""
EQUIVALENT = {
    "a quotient over a part that is not above zero is missing either way": "> 0",
    "that a record is frozen is no rule of money: nobody writes into it": "@dataclass",
    "a month's first day rolled forward is its last with 0 and with 1": "MonthEnd(0)",
}
"""Changes that change nothing, by what the changed line holds."""
SWAPS: dict[type, type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


@dataclass(frozen=True)
class Change:
    """One change: the line it is on, what was there and what is there now."""

    line: int
    told: str
    tree: ast.Module


def list_nodes(tree: ast.Module) -> list[ast.AST]:
    """List the nodes that run: no annotations, no imports for types."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        hidden = [getattr(node, name, None) for name in ("annotation", "returns")]
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            hidden.append(node)
        for part in filter(None, hidden):
            skipped |= {id(inner) for inner in ast.walk(part)}
    return [node for node in ast.walk(tree) if id(node) not in skipped]


def alter(node: ast.AST) -> str:
    """Change a node in place; say how, or nothing where it has no change."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        old = type(node.ops[0])
        node.ops[0] = SWAPS[old]()
        return f"{old.__name__} -> {SWAPS[old].__name__}"
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS:
        old = type(node.op)
        node.op = SWAPS[old]()
        return f"{old.__name__} -> {SWAPS[old].__name__}"
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        node.value += 1
        return f"{node.value - 1} -> {node.value}"
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        node.value = not node.value
        return f"{not node.value} -> {node.value}"
    return ""


def list_changes(source: str) -> Iterator[Change]:
    """Yield every change of a module."""
    for number in range(len(list_nodes(ast.parse(source)))):
        tree = ast.parse(source)
        node = list_nodes(tree)[number]
        told = alter(node)
        if told:
            yield Change(node.lineno, told, ast.fix_missing_locations(tree))


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a changed tree."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def exec_module(self, module) -> None:
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)  # noqa: S102, RUF100 - our own module


def survives(name: str, path: Path, change: Change) -> bool:
    """Run the module's tests on a change in a child; tell whether all pass."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(TIMEOUT_S)
        with Path(os.devnull).open("w") as empty:
            os.dup2(empty.fileno(), 1)
            os.dup2(empty.fileno(), 2)
        sys.meta_path.insert(0, Changed(name, path, change.tree))
        import pytest

        files = [str(TOP / "tests" / "unit" / test) for test in TESTS[name]]
        there = [file for file in files if Path(file).is_file()]
        plain = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
        code = 1
        with contextlib.suppress(BaseException):
            code = int(pytest.main([*plain, *there]))
        os._exit(code)
    _, status = os.waitpid(pid, 0)
    return status == 0


def judge(name: str, *, every: int) -> tuple[int, list[str]]:
    """Try the changes of one module; return how many, and the survivors."""
    path = TOP / Path(*name.split(".")).with_suffix(".py")
    source = path.read_text("utf-8")
    lines = source.splitlines()
    tried, alive = 0, []
    for change in list(list_changes(source))[::every]:
        line = lines[change.line - 1].strip()
        if any(part in line for part in EQUIVALENT.values()):
            continue
        tried += 1
        if survives(name, path, change):
            alive.append(f"  {path.name}:{change.line} {change.told}: {line}")
    return tried, alive


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table of modules and the survivors; fail under nine in ten killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutate")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("modules", nargs="*")
    asked = parser.parse_args(arguments)
    # what no change touches is imported once, so that a child starts in no time
    import numpy  # noqa: F401, ICN001, RUF100
    import pandas  # noqa: F401, ICN001, RUF100
    import pytest  # noqa: F401

    good = True
    for name in asked.modules or TESTS:
        tried, alive = judge(name, every=asked.every)
        share = 1 - len(alive) / max(tried, 1)
        good &= share >= 0.9
        sys.stdout.write(f"{name:36} {tried:5} tried {share:6.1%} killed\n")
        sys.stdout.write("".join(f"{line}\n" for line in alive))
        sys.stdout.flush()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
