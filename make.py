#!/usr/bin/env python3
"""The project's commands on any system: ``python make.py briefing`` or ``test``.

Standard library only. The interpreter that runs this file makes ``.venv`` the first
time; each command installs the locked packages it needs and no more.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TOP = Path(__file__).resolve().parent
VENV = TOP / ".venv"
OLDEST = (3, 11)
LOCKS = {
    "core": "requirements.lock",
    "cluster": "requirements-cluster.lock",
    "test": "requirements-test.lock",
    "dev": "requirements-dev.lock",
    "docs": "requirements-docs.lock",
}
"""Groups of packages; each lock but the first names only what it adds to the first."""
_PIN = re.compile(r"(?m)^[A-Za-z0-9._-]+==[^\\\n]*(?:\\\n {4}[^\\\n]*)+")


def find_tool(name: str, where: Path = VENV) -> str:
    """Return the path of a program of a virtual environment."""
    folder, end = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
    return str(where / folder / f"{name}{end}")


def run(*command: str, check: bool = True) -> int:
    """Run a program in the project's folder; stop with its exit code if it fails."""
    done = subprocess.run(command, cwd=TOP, check=False)
    if check and done.returncode:
        sys.exit(done.returncode)
    return done.returncode


def install(*groups: str, base: str = sys.executable, where: Path = VENV) -> None:
    """Install the locked packages of some groups, unless that was done already.

    What was installed is noted by the digest of its lock, so that another lock or
    another pyproject is installed anew.
    """
    python = find_tool("python", where)
    if not Path(python).is_file():
        run(base, "-m", "venv", str(where))
    pip = (python, "-m", "pip", "--disable-pip-version-check", "-q", "install")
    for group in ("core", *groups):
        lock = TOP / LOCKS[group]
        content = lock.read_bytes() + (TOP / "pyproject.toml").read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        stamp = where / f".installed-{group}"
        if stamp.is_file() and stamp.read_text("ascii") == digest:
            continue
        print(f"installing the locked packages: {group}", flush=True)
        run(*pip, "--require-hashes", "-r", str(lock))
        if group == "core":
            run(*pip, "--no-deps", "--no-build-isolation", "-e", ".")
        stamp.write_text(digest, "ascii")


def briefing(_: Sequence[str]) -> None:
    """Build, forecast, make every report, fill the outbox."""
    install()
    for arguments in (["build"], ["forecast"], ["run", "--all"], ["mail", "--all"]):
        run(find_tool("jkn"), *arguments)


def test(arguments: Sequence[str]) -> None:
    """Run every test; further arguments go to pytest."""
    install("cluster", "test")
    run(sys.executable, str(TOP / "tests" / "browser" / "install.py"))
    parallel = [] if arguments else ["-n", "2", "--dist", "loadgroup"]
    run(find_tool("python"), "-m", "pytest", *parallel, *arguments)


def second(arguments: Sequence[str]) -> None:
    """Run the unit tests once more on another Python, where one is found."""
    own = ask_version(find_tool("python"))
    found = {version: path for path in list_pythons() if (version := ask_version(path))}
    others = sorted(version for version in found if OLDEST <= version != own)
    if not others:
        print("no second Python found: its tests are left to other machines")
        return
    name = ".".join(map(str, others[-1]))
    where = VENV.with_name(f".venv-{name}")
    print(f"once more on Python {name}", flush=True)
    install("cluster", "test", base=found[others[-1]], where=where)
    chosen = arguments or ["-n", "2", "--dist", "loadgroup", "tests/unit"]
    run(find_tool("python", where), "-m", "pytest", *chosen)


def list_pythons() -> list[str]:
    """List interpreters of this machine: on the PATH, and those pyenv keeps."""
    names = [f"python3.{minor}" for minor in range(OLDEST[1], 20)]
    found = [path for name in names if (path := shutil.which(name))]
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return [*found, *map(str, kept.glob("3.*/bin/python"))]


def ask_version(python: str) -> tuple[int, ...]:
    """Return an interpreter's version as (3, 12); empty where it does not run."""
    code = "import sys, venv; print(*sys.version_info[:2])"
    try:
        told = subprocess.run([python, "-c", code], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(map(int, told.stdout.split()))


def docs(_: Sequence[str]) -> None:
    """Make the reference from the code and build the site into site/."""
    install("docs")
    run(find_tool("python"), "-m", "docs.acuan")
    run(find_tool("mkdocs"), "build", "--strict", "--quiet")


def lab(arguments: Sequence[str]) -> None:
    """Open JupyterLab on the start page."""
    install()
    run(find_tool("jkn"), "lab", *arguments)


def lint(_: Sequence[str]) -> None:
    """Check style and types."""
    install("dev")
    run(find_tool("ruff"), "check", ".")
    run(find_tool("ruff"), "format", "--check", ".")
    run(find_tool("mypy"))


def fix(_: Sequence[str]) -> None:
    """Format, and strip notebooks of outputs."""
    install("dev")
    run(find_tool("ruff"), "check", "--fix", ".")
    run(find_tool("ruff"), "format", ".")
    run(find_tool("python"), "-m", "tests.notebooks.strip", "notebooks")


def mutate(arguments: Sequence[str]) -> None:
    """Change the modules of rules and money; list what no test notices."""
    install("cluster", "test")
    run(find_tool("python"), "-m", "tests.mutate", *arguments)


def bench(arguments: Sequence[str]) -> None:
    """Measure; prints tables."""
    install("cluster", "test")
    run(find_tool("python"), "-m", "benchmarks", *arguments)


def lock(_: Sequence[str]) -> None:
    """Resolve the dependencies anew; needs uv on the PATH.

    All groups are resolved together, so that a version is the same in each lock; what
    is locked already stays where it still fits.
    """
    names = ["build" if group == "core" else group for group in LOCKS]
    known = "\n".join(
        "\n".join(_PIN.findall((TOP / name).read_text("utf-8")))
        for name in LOCKS.values()
        if (TOP / name).is_file()
    )
    whole = "\n".join(compile_lock(names, known))
    core = compile_lock(names[:1], whole)
    named = {pin.split("==")[0] for pin in core}
    (TOP / LOCKS["core"]).write_text("\n".join(core) + "\n", "utf-8")
    for group in names[1:]:
        pins = compile_lock([group], whole)
        added = [pin for pin in pins if pin.split("==")[0] not in named]
        text = "\n".join([f"-r {LOCKS['core']}", *added])
        (TOP / LOCKS[group]).write_text(text + "\n", "utf-8")
    command = (find_tool("python"), "-m", "tests.environment", LOCKS["core"])
    made = subprocess.run(command, cwd=TOP, check=True, capture_output=True, text=True)
    (TOP / "environment.yml").write_text(made.stdout, "utf-8")


def compile_lock(extras: Sequence[str], known: str) -> list[str]:
    """Return the pins, with hashes, of the project with some extras."""
    chosen = [word for name in extras for word in ("--extra", name)]
    fixed = (
        *("--universal", "--python-version", ".".join(map(str, OLDEST))),
        *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"),
        *("--no-header", "--no-annotate", "-q"),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "whole.lock"
        path.write_text(known, "utf-8")
        command = ("uv", "pip", "compile", "pyproject.toml", *fixed, *chosen)
        run(*command, "-o", str(path))
        return _PIN.findall(path.read_text("utf-8"))


def clean(_: Sequence[str]) -> None:
    """Remove everything that was made, but for the ledger of what was mailed."""
    made = [*TOP.glob(".venv*"), "build", "site", ".jkn", *TOP.glob("*.egg-info")]
    made += [f".{name}_cache" for name in ("pytest", "mypy", "ruff")]
    for path in (*made, ".hypothesis", *TOP.rglob("__pycache__")):
        shutil.rmtree(TOP / path, ignore_errors=True)
    kept = {".gitkeep", "ledger.sqlite"}
    for folder in (TOP / "data" / "processed", TOP / "reports"):
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.relative_to(folder).parts[0] == "contoh" or path.name in kept:
                continue
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            else:
                path.unlink()


def install_only(groups: Sequence[str]) -> None:
    """Make .venv with the locked packages; further groups: cluster, test, dev, docs."""
    install(*groups)


COMMANDS: dict[str, Callable[[Sequence[str]], None]] = {
    "install": install_only,
    "briefing": briefing,
    "test": test,
    "second": second,
    "docs": docs,
    "lab": lab,
    "lint": lint,
    "fix": fix,
    "bench": bench,
    "mutate": mutate,
    "lock": lock,
    "clean": clean,
}


def tell() -> str:
    """Return the list of commands."""
    lines = [
        f"  {name:10} {(function.__doc__ or '').splitlines()[0]}"
        for name, function in COMMANDS.items()
    ]
    return "\n".join(["python make.py COMMAND", *lines])


def main(words: Sequence[str]) -> int:
    """Run one command; without one, list them."""
    if sys.version_info < OLDEST:
        print("Python 3.11 or newer is needed; run this file with one", file=sys.stderr)
        return 1
    if not words or words[0] not in COMMANDS:
        print(tell())
        return 0 if not words or words[0] in {"help", "-h", "--help"} else 2
    COMMANDS[words[0]](words[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
