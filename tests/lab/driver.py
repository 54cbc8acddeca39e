"""Start JupyterLab on loopback and drive its notebooks in headless Chromium."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jkn_analysis.cli.lab import build_lab_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

TOP = Path(__file__).resolve().parents[2]
TOKEN = "rahasia-uji"
START_S = 90


@dataclass(frozen=True)
class Lab:
    """A running server: its address and project folder."""

    url: str
    root: Path

    def ask(self, path: str) -> Any:
        """Read one of the server's JSON answers."""
        address = f"{self.url}/{path}{'&' if '?' in path else '?'}token={TOKEN}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return json.load(answer)


def free_port() -> int:
    """Ask the system for a port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def run_lab(root: Path) -> Iterator[Lab]:
    """Run JupyterLab in `root` until the block ends."""
    port = free_port()
    arguments = build_lab_arguments(root, port=port, token=TOKEN)
    command = [sys.executable, "-m", "jupyterlab", *arguments]
    command += [
        "--ServerApp.open_browser=False",
        "--ServerApp.allow_root=True",
        "--LabApp.expose_app_in_browser=True",
        "--ServerApp.port_retries=0",
    ]
    environment = os.environ | {"PYTHONPATH": str(TOP)}
    with (root / "lab.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            lab = Lab(f"http://127.0.0.1:{port}", root)
            wait_for_server(lab, server)
            yield lab
        finally:
            server.terminate()
            try:
                server.wait(timeout=15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(timeout=15)


def wait_for_server(lab: Lab, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            log = (lab.root / "lab.log").read_text("utf-8")
            raise RuntimeError(f"JupyterLab ended at once:\n{log[-2000:]}")
        with contextlib.suppress(OSError):
            lab.ask("api/status")
            return
        time.sleep(0.3)
    raise RuntimeError("JupyterLab did not answer in time")


def open_notebook(lab: Lab, page: Page, path: str) -> None:
    """Open a notebook and wait until the server says its kernel is idle."""
    page.goto(f"{lab.url}/lab/tree/{path}?token={TOKEN}&reset")
    page.wait_for_selector(".jp-NotebookPanel", timeout=60_000)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        for session in lab.ask("api/sessions"):
            kernel = session["kernel"]
            ready = kernel["execution_state"] == "idle" and kernel["connections"] > 0
            if session["path"] == path and ready:
                return
        page.wait_for_timeout(200)
    raise RuntimeError(f"{path}: the kernel did not become idle")


def run_all(page: Page) -> list[dict[str, Any]]:
    """Run every cell and return the cells of the notebook's model."""
    done = page.evaluate(
        "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
    )
    if done is False:
        raise RuntimeError("JupyterLab says that not every cell ran")
    return read_cells(page)


def read_cells(page: Page) -> list[dict[str, Any]]:
    """Return the cells of the open notebook as JSON."""
    return page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells"
    )


def find_errors(cells: list[dict[str, Any]]) -> list[str]:
    """List the error outputs of a notebook's cells."""
    return [
        f"{output['ename']}: {output['evalue']}"
        for cell in cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "error"
    ]
