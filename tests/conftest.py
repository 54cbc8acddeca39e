"""Fixtures that all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[1]
SHARED = TOP.parent / "shared"


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
