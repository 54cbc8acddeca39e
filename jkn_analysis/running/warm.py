"""A kernel's start in a forked process: ipykernel's own, as its launcher would."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


class Loaded:
    """Where a module came from; many of these lie on few pages of memory."""

    __slots__ = ("__file__",)

    def __init__(self, file: str) -> None:
        self.__file__ = file


class Listed:
    """The module sys with a list of modules that is cheap to walk in a child."""

    def __init__(self) -> None:
        files = [getattr(module, "__file__", None) for module in sys.modules.values()]
        kept = [Loaded(file.encode().decode()) for file in files if file]
        self.modules = dict(enumerate(kept))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever sys has
        return getattr(sys, name)


def run_kernel(argv: list[str], listed: Listed) -> None:
    """Run ipykernel as `python -m ipykernel_launcher` would.

    What would touch memory the zygote shares, and so copy it page by page, is kept
    from doing so: ipykernel's walk over all modules (the debugger wants their
    files) and a command line parser with every option there is.
    """
    from ipykernel import ipkernel
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = [str(Path(sys.executable)), *argv]
    app = IPKernelApp.instance()
    app.parent_handle = os.getppid()
    if argv[0] == "-f" and all("." in word.partition("=")[0] for word in argv[2:]):
        app.flags, app.aliases = {}, {"f": "IPKernelApp.connection_file"}
    ipkernel.sys = listed  # type: ignore[attr-defined, assignment]
    app.initialize(argv)
    ipkernel.sys = sys  # type: ignore[attr-defined]
    app.start()
