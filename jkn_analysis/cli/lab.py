"""``jkn lab``: JupyterLab on the start page, with data and kernel ready."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import click

from jkn_analysis.config import Config, find_root, without_secrets
from jkn_analysis.store import has_table, write_text

START = "mulai.ipynb"
QUIET_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "doNotDisturbMode": True,
        "fetchNews": "false",
    }
}


def build_lab_arguments(root: Path, *, port: int, token: str | None) -> list[str]:
    """Return JupyterLab's command line: rooted in the project, silent, no news.

    Parameters
    ----------
    root
        Project folder; what the file browser shows and the notebooks read.
    port
        Port on loopback; the next free one is taken if it is in use.
    token
        A fixed token, or None to let the server make one.
    """
    settings = root / ".jkn" / "lab"
    write_text(settings / "overrides.json", json.dumps(QUIET_SETTINGS))
    arguments = [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/notebooks/{START}",
        f"--LabApp.app_settings_dir={settings}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
    ]
    if token is not None:
        arguments.append(f"--IdentityProvider.token={token}")
    return arguments


def prepare_data(config: Config) -> None:
    """Build and forecast once, so that the notebooks open on loaded tables."""
    if has_table("ramalan", root=config.paths.processed):
        return
    for command in ("build", "forecast"):
        subprocess.run([sys.executable, "-m", "jkn_analysis", command], check=False)


@click.command("lab")
@click.option("--port", default=8888, show_default=True, help="Port on loopback.")
@click.option("--token", help="Fixed token; made by the server if not given.")
@click.option(
    "--browser/--no-browser", default=True, help="Open a browser window, or not."
)
@click.pass_obj
def lab_command(config: Config, port: int, token: str | None, *, browser: bool) -> None:
    r"""Open JupyterLab on the start page, with data and kernel ready.

    \b
    Example:
      jkn lab
      jkn lab --no-browser --port 8899
    """
    root = find_root()
    prepare_data(config)
    arguments = build_lab_arguments(root, port=port, token=token)
    if not browser:
        arguments.append("--ServerApp.open_browser=False")
    if os.name == "posix" and os.geteuid() == 0:
        arguments.append("--ServerApp.allow_root=True")
    become([sys.executable, "-m", "jupyterlab", *arguments])


def become(command: list[str]) -> NoReturn:
    """Turn this process into a server that sees this library and no secret.

    So nobody is left to end when it ends. Where the system knows no such turn, the
    server runs as a child and is ended with us.
    """
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    environment = without_secrets(os.environ) | {
        "PYTHONPATH": os.pathsep.join(path for path in paths if path)
    }
    if os.name == "posix":
        os.execve(command[0], command, environment)
    with subprocess.Popen(command, env=environment) as server:
        try:
            sys.exit(server.wait())
        finally:
            server.terminate()
