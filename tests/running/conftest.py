"""A Jupyter data folder with the warm kernelspec, for all tests here."""

from __future__ import annotations

import pytest

from jkn_analysis.running.kernel import write_kernelspec


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory):
    """Return a Jupyter data folder that holds the warm kernelspec."""
    folder = tmp_path_factory.mktemp("jupyter")
    write_kernelspec(folder)
    return folder


@pytest.fixture
def warm(jupyter, monkeypatch):
    """Let this process find the warm kernel."""
    monkeypatch.setenv("JUPYTER_PATH", str(jupyter))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    return jupyter
