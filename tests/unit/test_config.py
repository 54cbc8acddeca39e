"""Settings: every wrong key is named with its path."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from jkn_analysis.cleaning.sources import check_sources
from jkn_analysis.cli import app
from jkn_analysis.cli.language import choose_language, translate
from jkn_analysis.config import find_root, read_config
from jkn_analysis.errors import ConfigError

TOP = Path(__file__).resolve().parents[2]


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


def test_the_file_of_the_folder_is_read_without_being_named(tmp_path: Path):
    write(tmp_path, "[run]\nworkers = 7\n")
    assert read_config(root=tmp_path).run.workers == 7


def test_a_named_file_is_read_instead_of_the_folders_own(tmp_path: Path):
    write(tmp_path, "[run]\nworkers = 7\n")
    other = tmp_path / "lain.toml"
    other.write_text("[run]\nworkers = 3\n", encoding="utf-8")
    assert read_config(other, root=tmp_path).run.workers == 3


def make_folder(folder: Path) -> Path:
    result = CliRunner().invoke(app, ["init", str(folder)])
    assert result.exit_code == 0, result.output
    return folder


def test_a_new_folder_holds_all_a_month_of_work_needs(tmp_path: Path):
    made = make_folder(tmp_path / "meja")
    assert find_root(made / "notebooks") == made
    known = {path.name for path in (TOP / "notebooks").glob("*.ipynb")}
    assert {path.name for path in (made / "notebooks").iterdir()} == known
    assert read_config(root=made) == read_config(root=made.parent).model_copy(
        update={"paths": read_config(root=made).paths}
    )


def test_what_a_folder_holds_already_stays(tmp_path: Path):
    made = make_folder(tmp_path / "meja")
    write(made, "[run]\nworkers = 9\n")
    own = made / "notebooks" / "mulai.ipynb"
    own.write_text("punya saya", encoding="utf-8")
    make_folder(made)
    assert read_config(root=made).run.workers == 9
    assert own.read_text("utf-8") == "punya saya"


def test_every_line_of_a_new_settings_file_is_a_default(tmp_path: Path):
    text = (make_folder(tmp_path / "meja") / "jkn.toml").read_text("utf-8")
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    kept = [line for line in lines if re.match(r"\[|[a-z_]+ = ", line)]
    assert len(kept) > 20
    other = write(tmp_path, "\n".join(kept))
    bare = tmp_path / "kosong"
    assert read_config(other, root=bare) == read_config(root=bare)


def test_a_misspelt_key_is_named_with_its_path(tmp_path: Path):
    said = r"run\.wokers: tidak dikenal\. Mungkin maksudnya: workers\?"
    with pytest.raises(ConfigError, match=said):
        read_config(write(tmp_path, "[run]\nwokers = 1\n"))


def test_all_wrong_values_are_named_at_once(tmp_path: Path):
    text = "[run]\nworkers = 0\n[forecast]\nhorizon_bulan = 99\n"
    with pytest.raises(ConfigError) as caught:
        read_config(write(tmp_path, text))
    assert "run.workers" in str(caught.value)
    assert "forecast.horizon_bulan" in str(caught.value)


def test_broken_toml_names_the_file(tmp_path: Path):
    with pytest.raises(ConfigError, match="not valid TOML") as caught:
        read_config(write(tmp_path, "[run\n"))
    assert "line 1, column 5\n  → mend it" in str(caught.value)


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


@pytest.mark.parametrize(
    "place", [".", "data", "data/raw", "data/raw/x", "reports", "/", "notebooks"]
)
def test_a_folder_to_write_in_holds_nothing_else(tmp_path, place):
    path = tmp_path / "jkn.toml"
    path.write_text(f'[paths]\nprocessed = "{place}"\n', encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"paths\.processed = .*\n  → give it a folder"
    ):
        read_config(path, root=tmp_path)


def test_settings_saved_with_a_byte_order_mark_are_read(tmp_path):
    path = tmp_path / "jkn.toml"
    path.write_text("[forecast]\nseed = 7\n", encoding="utf-8-sig")
    assert read_config(path, root=tmp_path).forecast.seed == 7


@pytest.mark.parametrize("level", [0, 100, 120])
def test_an_interval_that_is_no_share_is_named(tmp_path, level):
    path = tmp_path / "jkn.toml"
    path.write_text(f"[forecast]\nlevels = [80, {level}]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"forecast\.levels\.1"):
        read_config(path, root=tmp_path)


@pytest.mark.parametrize(
    "line", ["levels = []", "levels = [60]", "levels = [80, 80, 95]", "seed = -1"]
)
def test_what_no_page_could_be_made_with_is_refused(tmp_path, line):
    path = write(tmp_path, f"[forecast]\n{line}\n")
    with pytest.raises(ConfigError, match=rf"forecast\.{line.split()[0]}"):
        read_config(path, root=tmp_path)


def test_settings_nested_without_end_are_no_valid_toml(tmp_path):
    path = write(tmp_path, f"a = {'[' * 3000}")
    with pytest.raises(ConfigError, match="not valid TOML"):
        read_config(path, root=tmp_path)


def test_settings_are_found_from_a_folder_below_them(tmp_path):
    write(tmp_path, "")
    below = tmp_path / "reports" / "2025-11"
    below.mkdir(parents=True)
    assert find_root(below) == tmp_path


FAULTS = {
    "[lapran]": "lapran: tidak dikenal. Yang dikenal: paths, build,",
    "[mail]\noperatr = 1": "mail.operatr: tidak dikenal. Mungkin maksudnya: operator?",
    "[sources.iuran]\nheadngs = {}": "sources.iuran.headngs: tidak dikenal. Mungkin",
    "[sources]\niuran = 3": "sources.iuran: ini bagian yang memuat isian lain",
    "[sources.iuran.headings]\nA = 3": "headings.A: tulis sebagai teks dalam tanda",
    "[paths]\nraw = 3": "paths.raw: tulis sebagai teks dalam tanda petik",
    "[build]\noverlap = 'x'": "overlap: 'x' bukan salah satu dari 'error', 'later'",
    "[build]\npada = 'kemarin'": "build.pada: 'kemarin' bukan tanggal; tulis seperti",
    "[run]\nworkers = 'dua'": "run.workers: 'dua' bukan bilangan bulat",
    "[run]\nworkers = 1.5": "run.workers: 1.5 bukan bilangan bulat",
    "[run]\nworkers = 0": "run.workers: 0 terlalu kecil; paling kecil 1",
    "[run]\nworkers = 999": "run.workers: 999 terlalu besar; paling besar 256",
    "[rekonsiliasi]\nbatas_terima = 'x'": "batas_terima: 'x' bukan bilangan.",
    "[mail]\ndomain = 'x.id'": "mail.domain: tulis sebagai daftar dalam kurung siku",
    "[mail]\nlampiran = []": "mail.lampiran: isi paling sedikit 1",
    "[mail]\npengirim = 'a'": "mail.pengirim: tulis satu baris dengan satu alamat",
    "[forecast]\nlevels = [50]": "forecast.levels: 80 dan 95 harus ada",
}


@pytest.mark.parametrize("text", FAULTS)
def test_every_kind_of_wrong_setting_is_told_in_indonesian(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        read_config(write(tmp_path, text), root=tmp_path)
    told = str(caught.value)
    assert FAULTS[text] in told
    assert "bukan pengaturan yang sah" in told
    assert told.splitlines()[-1].startswith("  → perbaiki isian itu")
    assert not re.search(r"\b(input|should|valid|value|or|not|must)\b", told.lower())


def test_wrong_settings_are_told_in_the_language_they_ask_for(tmp_path):
    path = write(tmp_path, "[report]\nbahasa = 'en'\n[run]\nworkers = 0\n")
    with pytest.raises(ConfigError, match="0 is too small; the least is 1"):
        read_config(path, root=tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sources.kepesertan]", "sources.kepesertan: tidak ada tabel dengan nama ini. "
         "Mungkin maksudnya: kepesertaan?"),
        ('[sources.kepesertaan.headings]\n"Jml" = "terdaftr_jiwa"',
         'sources.kepesertaan.headings."Jml": \'terdaftr_jiwa\' bukan kolom tabel '
         "kepesertaan. Mungkin maksudnya: terdaftar_jiwa?"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["build", "check"])
def test_settings_of_unknown_tables_or_columns_stop_and_name_the_likest(
    tmp_path, monkeypatch, command, text, said
):
    monkeypatch.chdir(make_folder(tmp_path / "meja"))
    write(tmp_path / "meja", text)
    result = CliRunner().invoke(app, [command])
    assert isinstance(result.exception, ConfigError)
    assert said in str(result.exception)


def test_settings_may_name_a_column_in_an_offices_words(tmp_path):
    lines = '"A" = "PBPU Aktif"\n"B" = "abaikan"\n"C" = "aktif_jiwa"\n"D" = "nama"'
    path = write(tmp_path, f"[sources.kepesertaan.headings]\n{lines}\n")
    check_sources(read_config(path, root=tmp_path))


def test_the_folder_that_holds_the_project_is_the_one_named(tmp_path):
    path = write(tmp_path, '[paths]\nreports = "."\n')
    with pytest.raises(ConfigError, match=r"paths\.reports = "):
        read_config(path, root=tmp_path)


def test_a_folder_in_place_of_the_settings_is_told(tmp_path):
    (tmp_path / "jkn.toml").mkdir()
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)\n  → "):
        read_config(root=tmp_path)


@pytest.mark.parametrize("code", [errno.ENOENT, errno.EISDIR, errno.EACCES])
def test_what_the_system_says_of_a_file_is_told_in_indonesian(code):
    choose_language("id")
    said = os.strerror(code)
    told = translate(f"x: cannot be read ({said})\n  → name a file: jkn --config …")
    assert said not in told
    assert told.endswith("→ sebut berkasnya: jkn --config …")
