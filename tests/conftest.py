"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

TOP = Path(__file__).resolve().parents[1]
SHARED = TOP.parent / "shared"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    """Forget the settings that a command of this test told its children of."""
    before = {name: text for name, text in os.environ.items() if name[:4] == "JKN_"}
    yield
    for name in [name for name in os.environ if name[:4] == "JKN_"]:
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture(scope="session")
def top() -> Path:
    """Return the project folder."""
    return TOP


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real inputs beside the project, or skip."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the real inputs (../shared/data) are not on this machine")
    return SHARED


@pytest.fixture(scope="session")
def processed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build and forecast the sample once per worker; return the processed folder."""
    from tests.sample_store import build_processed

    root = tmp_path_factory.mktemp("processed")
    build_processed(root)
    return root


def require(found: object, what: str) -> None:
    """Skip without a tool; in CI its absence is a failure."""
    if not found:
        if os.environ.get("CI"):
            pytest.fail(f"{what} is missing; tests/browser/install.py installs it")
        pytest.skip(f"no {what} on this machine")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Run one headless Chromium; a process can hold only one driver."""
    from playwright.sync_api import sync_playwright

    from jkn_analysis.reporting.pdf import find_chromium

    path = find_chromium()
    require(path, "Chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield running
        running.close()
