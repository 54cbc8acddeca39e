"""A small project made with the real commands: forecast, on pages, mailed."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

TOP = Path(__file__).resolve().parents[1]
REGIONS = ("82.71", "82.02")
DAY = "2025-12-01"


class Mailbox:
    """Takes every message and keeps its bytes."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        """Keep one message."""
        self.received.append(envelope.content)
        return "250 OK"


@contextmanager
def serve_mail() -> Iterator[tuple[Mailbox, dict[str, str]]]:
    """Run a mail server of this machine; yield it and the settings that reach it."""
    import socket

    from aiosmtpd.controller import Controller

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    box = Mailbox()
    control = Controller(box, hostname="127.0.0.1", port=port)
    control.start()
    settings = {"HOST": "127.0.0.1", "PORT": str(port), "SECURITY": "loopback"}
    yield box, {f"JKN_SMTP_{name}": value for name, value in settings.items()}
    control.stop(no_assert=True)


def sample_tables(regions: tuple[str, ...] = REGIONS) -> dict[str, pd.DataFrame]:
    """Return the sample's tables of a few regions, their provinces and the country."""
    from jkn_sample import build_tables

    wanted = {*regions, *(kode[:2] for kode in regions), "00"}
    return {
        name: table[table["kode"].isin(wanted)]
        for name, table in build_tables().items()
    }


def lay_project(root: Path, regions: tuple[str, ...] = REGIONS) -> None:
    """Lay notebooks, settings and plain deliveries of a few regions."""
    from jkn_sample import deliveries

    deliveries.write_compact(sample_tables(regions), root / "data/raw/contoh")
    (root / "notebooks").mkdir()
    for path in (TOP / "notebooks").glob("*.ipynb"):
        (root / "notebooks" / path.name).write_bytes(path.read_bytes())
    (root / "jkn.toml").write_text('[mail]\ndomain = ["contoh.invalid"]\n', "utf-8")


def call(
    root: Path, *words: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command of ours in a project."""
    return subprocess.run(
        [sys.executable, "-m", "jkn_analysis", *words],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(TOP)} | dict(env or {}),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
