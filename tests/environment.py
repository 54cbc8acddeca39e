"""Write environment.yml from the lock.

``python -m tests.environment requirements.lock > environment.yml``

Conda users get the interpreter and the native libraries from conda and every
Python package at the locked version, so that both ways compute the same numbers.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from packaging.markers import Marker

PYTHON = "3.12"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+))?")
HEAD = f"""\
# Made by `make lock` from requirements.lock: the same versions for conda users.
#   conda env create -f environment.yml && conda activate jkn
#   pip install --no-deps -e .
name: jkn
channels:
  - conda-forge
dependencies:
  - python={PYTHON}
  - pip
  - pip:
"""


def read_pins(lock: str, *, python: str = PYTHON) -> dict[str, str]:
    """Read the versions of a lock file that apply to one Python on Linux."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "os_name": "posix",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    pins = {}
    for line in lock.splitlines():
        found = _PIN.match(line)
        if not found:
            continue
        name, version, marker = found.groups()
        if marker is None or Marker(marker.strip()).evaluate(environment):
            pins[name.lower().replace("_", "-")] = version
    return pins


def build_environment(lock: str) -> str:
    """Return the text of environment.yml."""
    pins = read_pins(lock)
    lines = [f"      - {name}=={version}" for name, version in sorted(pins.items())]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(build_environment(Path(sys.argv[1]).read_text("utf-8")))
