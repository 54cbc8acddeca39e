"""Run the measurements: all of them, or those named on the command line."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path


def list_benchmarks() -> list[str]:
    """Name the modules beside this one that have a ``main``."""
    folder = Path(__file__).parent
    names = sorted(module.name for module in pkgutil.iter_modules([str(folder)]))
    return [name for name in names if not name.startswith("_")]


def main() -> None:
    """Run the named benchmarks, or `spine` alone when none is named."""
    known = list_benchmarks()
    wanted = sys.argv[1:] or ["spine"]
    print(f"known: {', '.join(known)}")
    for name in wanted:
        if name not in known:
            sys.exit(f"no benchmark '{name}'; there are: {', '.join(known)}")
        sys.argv = [name]
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
