"""What the pre-imported process does ahead for its kernels, and a kernel's start.

A kernel is ipykernel's own, started as `python -m ipykernel_launcher` would; what
it would do in each child anew and always alike is done once before the fork: reading
its settings, building the shell, and listing the modules for the debugger.
"""

from __future__ import annotations

import builtins
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jkn_analysis.running.kernel import BATCH_ARGUMENTS

if TYPE_CHECKING:
    from types import ModuleType

    from ipykernel.kernelapp import IPKernelApp
    from ipykernel.zmqshell import ZMQInteractiveShell

SETTLED_BY = ("HOME", "IPYTHONDIR", "VIRTUAL_ENV", "XDG_CONFIG_HOME")
"""Variables that say where settings are read from."""


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


@dataclass(frozen=True)
class Before:
    """What a process has before a shell is built in it."""

    main: ModuleType
    display: object
    excepthook: Any

    @classmethod
    def read(cls) -> Before:
        """Read it from this process."""
        display = getattr(builtins, "display", None)
        return cls(sys.modules["__main__"], display, sys.excepthook)

    def restore(self) -> None:
        """Undo what this process would not have done without a shell."""
        from ipykernel.kernelapp import IPKernelApp
        from ipykernel.zmqshell import ZMQInteractiveShell

        IPKernelApp.clear_instance()
        ZMQInteractiveShell.clear_instance()
        sys.modules["__main__"] = self.main
        sys.excepthook = self.excepthook
        vars(builtins).pop("__IPYTHON__", None)
        vars(builtins).pop("display", None)
        if self.display is not None:
            builtins.display = self.display  # type: ignore[attr-defined]


@dataclass
class Prepared:
    """An application with its settings read and its shell built, and the way back."""

    app: IPKernelApp
    shell: ZMQInteractiveShell
    cwd: str
    settings: dict[str, str | None]
    before: Before

    def fits(self, argv: list[str], cwd: str) -> bool:
        """Tell whether this is what a kernel with these arguments would build here."""
        same = self.settings == _read_settings()
        return argv[2:] == list(BATCH_ARGUMENTS) and cwd == self.cwd and same


def prepare(cwd: str) -> Prepared | None:
    """Read the settings and build the shell of a kernel of `jkn run`.

    None where the user has own IPython settings, which may mean anything, or where
    something fails: a kernel then starts from the beginning, and says what fails.
    """
    before, home = Before.read(), Path.cwd()
    try:
        os.chdir(cwd)
        app, shell = _build_shell()
    except (Exception, SystemExit):  # noqa: BLE001 - settings can raise anything
        before.restore()
        return None
    finally:
        os.chdir(home)
    if app.loaded_config_files:
        before.restore()
        return None
    return Prepared(app, shell, cwd, _read_settings(), before)


def _build_shell() -> tuple[IPKernelApp, ZMQInteractiveShell]:
    """Build application and shell as a kernel of `jkn run` does."""
    from ipykernel.compiler import XCachingCompiler
    from ipykernel.kernelapp import IPKernelApp
    from ipykernel.zmqshell import ZMQInteractiveShell
    from IPython.core.application import BaseIPythonApplication

    app = IPKernelApp.instance()
    BaseIPythonApplication.initialize(app, ["-f", "-", *BATCH_ARGUMENTS])
    app.init_pdb()
    shell = ZMQInteractiveShell.instance(
        config=app.config,
        profile_dir=app.profile_dir,
        compiler_class=XCachingCompiler,
    )
    return app, shell


def run_kernel(argv: list[str], listed: Listed, prepared: Prepared | None) -> None:
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
    if prepared is not None:
        _take(prepared, argv[1])
    elif argv[0] == "-f" and all("." in word.partition("=")[0] for word in argv[2:]):
        app.flags, app.aliases = {}, {"f": "IPKernelApp.connection_file"}
    ipkernel.sys = listed  # type: ignore[attr-defined, assignment]
    app.initialize(argv)
    ipkernel.sys = sys  # type: ignore[attr-defined]
    app.start()


def _take(prepared: Prepared, connection_file: str) -> None:
    """Make `initialize` go on from what was prepared.

    The kernel finds the shell by itself, there being one already; it only has to be
    told whose it is.
    """
    app, shell = prepared.app, prepared.shell
    app.connection_file = connection_file
    app.config.IPKernelApp.connection_file = connection_file
    for done in (
        "parse_command_line",
        "init_crash_handler",
        "init_profile_dir",
        "init_config_files",
        "load_config_file",
        "init_pdb",
    ):
        setattr(app, done, _pass)
    init_path = app.init_path

    def adopt() -> None:
        shell.parent = shell.kernel = app.kernel
        shell.init_environment()
        init_path()

    app.init_path = adopt  # type: ignore[method-assign]


def _read_settings() -> dict[str, str | None]:
    """Return the variables that say where settings are."""
    return {name: os.environ.get(name) for name in SETTLED_BY}


def _pass(*_: object, **__: object) -> None:
    """Do nothing: it is done."""
