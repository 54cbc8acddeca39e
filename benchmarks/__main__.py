"""Run one of the measurements: ``python -m benchmarks NAME [ARGUMENTS]``."""

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
    """Run one benchmark with its own arguments; `spine` when none is named."""
    known = list_benchmarks()
    name, *arguments = sys.argv[1:] or ["spine"]
    print(f"known: {', '.join(known)}")
    if name not in known:
        sys.exit(f"no benchmark '{name}'; there are: {', '.join(known)}")
    sys.argv = [name, *arguments]
    importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
