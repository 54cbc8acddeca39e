"""Settings: every wrong key is named with its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from jkn_analysis.config import find_root, read_config
from jkn_analysis.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    path = folder / "jkn.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_key_overrides_its_default_and_leaves_the_others(tmp_path: Path):
    config = read_config(write(tmp_path, "[run]\nworkers = 7\n"), root=tmp_path)
    assert (config.run.workers, config.run.cell_timeout_s) == (7, 60)


def test_relative_folders_start_at_the_root(tmp_path: Path):
    config = read_config(root=tmp_path)
    assert config.paths.raw == tmp_path.resolve() / "data" / "raw"


def test_a_misspelt_key_is_named_with_its_path(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"run\.wokers: Extra inputs"):
        read_config(write(tmp_path, "[run]\nwokers = 1\n"))


def test_all_wrong_values_are_named_at_once(tmp_path: Path):
    text = "[run]\nworkers = 0\n[forecast]\nhorizon_bulan = 99\n"
    with pytest.raises(ConfigError) as caught:
        read_config(write(tmp_path, text))
    assert "run.workers" in str(caught.value)
    assert "forecast.horizon_bulan" in str(caught.value)


def test_broken_toml_names_the_file(tmp_path: Path):
    with pytest.raises(ConfigError, match="not valid TOML"):
        read_config(write(tmp_path, "[run\n"))


def test_a_missing_file_is_an_error(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path / "none.toml")


def test_notebooks_read_the_settings_the_command_line_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("JKN_CONFIG", str(write(tmp_path, "[run]\nworkers = 5\n")))
    assert read_config(root=tmp_path).run.workers == 5


def test_the_project_folder_is_found_from_below(tmp_path: Path):
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    assert find_root(tmp_path / "notebooks") == tmp_path.resolve()
