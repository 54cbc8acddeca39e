"""The scanner: finds what is personal in any wrapping, and little else."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import zipfile
import zlib
from email.message import EmailMessage

import pandas as pd
import pytest

from jkn_analysis.rekonsiliasi.scan import scan_bytes, scan_paths

NIK = "827103" + "410701" + "0001"
CARD = "0001" + "234567890"
PHONE = "0812" + "34567890"


def kinds(content: bytes) -> set[str]:
    return {kind for _, kind in scan_bytes(content)}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (NIK, "nik"),
        (f"a;{NIK};b", "nik"),
        (f"5,{NIK},x", "nik"),
        (f"{NIK[:6]} {NIK[6:12]} {NIK[12:]}", "nik"),
        (f"82.71.03.{NIK[6:12]}.{NIK[12:]}", "nik"),
        (CARD, "kartu"),
        (PHONE, "telepon"),
        ("+62 812-3456-7890", "telepon"),
        ("0812-3456-7890", "telepon"),
    ],
)
def test_personal_values_are_found(text, kind):
    assert kinds(text.encode()) == {kind}
    assert kinds(f"awal {text} akhir\n".encode()) == {kind}


@pytest.mark.parametrize(
    "text",
    [
        "Rp1.391.162.000.000",
        "1732240000000000",
        "0." + NIK,
        "sha256 " + "ab" + NIK + "cd",
        f"3f{NIK[:6]}-" + NIK,
        "2025-11-30T08:12:34.567890",
        "kuota 0812",
        "0800000000",
        "1234567890123456",
        "82.71",
        "M 0812.5 1234.75 L 18.1",
        "1" * 16,
        NIK + "7",
    ],
)
def test_other_numbers_are_not(text):
    assert kinds(text.encode()) == set()


def png(chunk: bytes, data: bytes) -> bytes:
    def part(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    head = part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + part(chunk, data) + part(b"IEND", b"")


def wrapped() -> dict[str, bytes]:
    text = f"NIK {NIK}".encode()
    opened = io.BytesIO()
    with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/sharedStrings.xml", text)
    image = png(b"tEXt", b"Comment\0" + text)
    packed = png(b"zTXt", b"Comment\0\0" + zlib.compress(text))
    output = {"data": {"image/png": base64.b64encode(image).decode()}}
    notebook = json.dumps({"cells": [{"outputs": [output]}]}).encode()
    mail = EmailMessage()
    mail.set_content("x")
    mail.add_attachment(text, maintype="application", subtype="octet-stream")
    frame = pd.DataFrame({"nik": [int(NIK)], "nama": ["x"]})
    return {
        "xlsx": opened.getvalue(),
        "zip in gzip": gzip.compress(opened.getvalue()),
        "png": image,
        "packed png": packed,
        "notebook": notebook,
        "page": b"<img src='data:image/png;base64," + base64.b64encode(image) + b"'>",
        "mail": mail.as_bytes(),
        "parquet": frame.to_parquet(),
        "utf-16": f"NIK {NIK}".encode("utf-16"),
        "base64": base64.b64encode(NIK.encode()),
    }


@pytest.mark.parametrize("name", list(wrapped()))
def test_wrappings_are_opened(name):
    assert "nik" in kinds(wrapped()[name])


def test_damaged_wrappings_do_not_stop_the_search(tmp_path):
    for name, content in wrapped().items():
        (tmp_path / name.replace(" ", "-")).write_bytes(content[: len(content) // 2])
    scan_paths([tmp_path])


def test_a_finding_names_the_place_and_not_the_value(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(wrapped()["xlsx"])
    (tmp_path / f"{NIK}.txt").write_text("kosong")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x").write_text(NIK)
    named, inside = scan_paths([tmp_path])
    assert "xl/sharedStrings.xml: 1 x nik" in str(inside)
    assert NIK not in str(inside) + str(named)
    assert named.part == "file name"


def test_what_git_and_the_package_ship_is_clean(top):
    places = ["data/raw/contoh", "jkn_analysis", "notebooks", "benchmarks"]
    assert scan_paths([top / place for place in places]) == []


def test_what_was_built_is_clean(top):
    assert scan_paths([top / "data" / "processed", top / "reports"]) == []


def test_dates_of_a_page_object_do_not_run_together():
    months = [f"2024-{month:02d}-01" for month in range(1, 13)]
    assert (
        kinds(json.dumps({"bulan": months, "jiwa": [1234, 5678] * 9}).encode()) == set()
    )
    cut = [f"{NIK[:8]}\n", NIK[8:]]
    assert kinds(json.dumps({"source": cut}).encode()) == {"nik"}
