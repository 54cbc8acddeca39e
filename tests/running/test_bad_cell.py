"""One bad cell in a province's file: its thirteen pages say so, and are not mailed."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from jkn_analysis.terms import SEGMEN
from jkn_analysis.wilayah import list_wilayah, read_penduduk
from tests.running.project import make_project
from tests.running.test_run import jkn

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("warm")]
TOP = Path(__file__).resolve().parents[2]
OTHER = "82.71"
BAD = "lima ribu"


def list_regions() -> list[str]:
    """Name the thirteen kabupaten/kota of Sulawesi Tengah."""
    rows = list_wilayah(kode_provinsi="72")
    return rows.loc[rows["kode"].str.len().eq(5), "kode"].tolist()


def deliver(raw: Path, last: str, *, bad: str = "") -> None:
    """Write both provinces' files up to a month; one PBPU cell of Palu may be bad."""
    people = read_penduduk().groupby("kode")["penduduk_jiwa"].max()
    for province, regions in (("72", list_regions()), ("82", [OTHER])):
        rows = [
            [kode, month, segmen, size + 10 * count, size * 3 // 4 + 10 * count]
            for kode in regions
            for size in [int(people[kode]) // len(SEGMEN)]
            for count, month in enumerate(pd.period_range("2024-10", last, freq="M"))
            for segmen in SEGMEN
        ]
        names = ["Kode", "Periode", "Segmen", "Terdaftar", "Aktif"]
        table = pd.DataFrame(rows, columns=names).astype({"Aktif": object})
        if bad and province == "72":
            at = table.query("Kode == '72.71' and Segmen == 'PBPU'").index[-1]
            table.loc[at, "Aktif"] = bad
        table.to_csv(raw / f"kepesertaan_{province}.csv", index=False, sep=";")


def read_page(root: Path, kode: str) -> str:
    """Read a page as text."""
    page = (root / f"reports/2025-12/{kode}.html").read_text(encoding="utf-8")
    return " ".join(html.unescape(re.sub("<[^>]*>", "", page)).split())


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """A project whose file of Sulawesi Tengah was refused, and what each step said."""
    root = tmp_path_factory.mktemp("palu")
    config = make_project(root, settings='[mail]\ndomain = ["sulteng.go.id"]\n')
    shutil.rmtree(config.paths.processed)
    for name in ("briefing_kabupaten", "briefing_provinsi"):
        shutil.copy(TOP / f"notebooks/{name}.ipynb", config.paths.notebooks)
    raw = config.paths.raw
    regions = [*list_regions(), OTHER]
    sekda = "Sekretariat Daerah;Sekretaris"
    offices = [f"{kode};{sekda};a{kode}@sulteng.go.id" for kode in regions]
    head = "Kode;Kantor;Jabatan;Email"
    (raw / "penerima.csv").write_text("\n".join([head, *offices]), encoding="utf-8")
    deliver(raw, "2025-11")
    for words in (("build",), ("forecast",)):
        jkn(root, *words)
    deliver(raw, "2025-12", bad=BAD)
    steps = ("build", "forecast", "run")
    said = {name: jkn(root, name, check=False) for name in steps}
    said["mail"] = jkn(
        root, "mail", "--all", "--really", check=False,
        JKN_SMTP_HOST="127.0.0.1", JKN_SMTP_PORT="9", JKN_SMTP_SECURITY="loopback",
    )  # fmt: skip
    return root, said


def test_the_build_names_the_cell_and_its_code_tells(refused):
    _, said = refused
    assert said["build"].returncode == 4
    assert BAD in said["build"].stdout
    assert "kepesertaan_72.csv: ditolak; baris dari isinya yang tiba" in (
        said["build"].stdout
    )
    assert said["forecast"].returncode == 0
    assert "kepesertaan_72.csv" in said["forecast"].stderr


def test_no_page_of_the_thirteen_tells_an_older_month_without_the_reason(refused):
    root, said = refused
    assert said["run"].returncode == 0
    regions = list_regions()
    assert len(regions) == 13
    for kode in [*regions, "72"]:
        text = read_page(root, kode)
        assert "30 November 2025" in text
        assert re.search(r"kepesertaan_72\.csv [^.]*ditolak: 1 sel", text), kode
        assert "Data Desember 2025 belum masuk" not in text
    control = read_page(root, OTHER)
    assert "31 Desember 2025" in control
    assert "ditolak" not in control


def test_the_thirteen_are_not_mailed_and_each_says_why_in_a_line(refused):
    _, said = refused
    told = said["mail"].stderr.splitlines()
    lines = [line for line in told if ": tidak dikirim: " in line]
    assert [line.split(":")[0].strip() for line in lines] == list_regions()
    assert all("kepesertaan_72.csv" in line for line in lines)
    assert said["mail"].returncode == 12
