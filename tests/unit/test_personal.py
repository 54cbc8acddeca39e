"""The one judge of personal values: every written form found, ordinary numbers not."""

from __future__ import annotations

import hashlib
import uuid

import numpy as np
import pytest

from jkn_analysis.personal import count_personal, find_names, mask_personal
from jkn_analysis.rekonsiliasi.nik import parse_nik

N = "827103" + "410701" + "0001"
"""Made up: a region, a day of birth and a serial that fit."""
A, B, C, D = N[:4], N[4:8], N[8:12], N[12:]
CARD = "0001" + "234567890"
MOBILE = "0812" + "3456" + "7890"
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
BOLD = str.maketrans({str(d): chr(0x1D7CE + d) for d in range(10)})

FORMS: dict[str, list[str]] = {
    "nik": [
        N,
        f"NIK{N}",
        f"NIK:{N}",
        f"NIK.{N}",
        f"nik={N};",
        f"KTP{N}atas",
        f"No.KTP/{N}/2025",
        f"_{N}_",
        f"'{N}",
        f'"{N}"',
        f"({N})",
        f"[{N}]",
        f"{N}.0",
        f"{N},00",
        f"{N[0]}.{N[1:]}E+15",
        f"{N[0]},{N[1:]}e15",
        f"{A} {B} {C} {D}",
        f"{A}-{B}-{C}-{D}",
        f"{A}.{B}.{C}.{D}",
        f"{A}/{B}/{C}/{D}",
        f"{A}_{B}_{C}_{D}",
        f"{A},{B},{C},{D}",
        f"{A}:{B}:{C}:{D}",
        f"{A}*{B}*{C}*{D}",
        f"{A} - {B} - {C} - {D}",
        f"{A}  {B}  {C}  {D}",
        f"{N[:6]} {N[6:12]} {N[12:]}",
        f"{N[:6]}-{N[6:12]}-{N[12:]}",
        f"{N[:2]}.{N[2:4]}.{N[4:6]}.{N[6:12]}.{N[12:]}",
        f"{N[:2]}.{N[2:4]}.{N[4:6]} {N[6:12]} {N[12:]}",
        f"{N[:2]} {N[2:4]} {N[4:6]} {N[6:8]} {N[8:10]} {N[10:12]} {N[12:]}",
        f"{N[:2]}.{N[2:4]}.{N[4:6]}-{N[6:8]}.{N[8:10]}.{N[10:12]}-{N[12:]}",
        f"{N[:12]} {N[12:]}",
        f"{N[:6]} {N[6:]}",
        f"{N[:8]} {N[8:]}",
        " ".join(N),
        "-".join(N),
        ".".join(N),
        f"{N[0]}.{N[1:4]}.{N[4:7]}.{N[7:10]}.{N[10:13]}.{N[13:]}",
        f"{N[0]},{N[1:4]},{N[4:7]},{N[7:10]},{N[10:13]},{N[13:]}",
        N.translate(WIDE),
        N.translate(ARABIC),
        N.translate(BOLD),
        "\u200b".join(N),
        f"{A}\u200b{B}\u200c{C}\u200d{D}",
        f"{A}\xa0{B}\xa0{C}\xa0{D}",
        f"{A}\u202f{B}\u2009{C}\u3000{D}",
        f"{A}\u2011{B}\u2013{C}\u2014{D}",
        f"{A}\xad{B}\ufeff{C}\u2060{D}",
        f"{A}\n{B}\n{C}\n{D}",
        f"12 orang, {A} {B} {C} {D} dan 14 lain",
        f"2025 {N} 300",
        f"5,{N},x",
        f"{N}/{N[:12]}0002",
    ],
    "kartu": [
        CARD,
        f"KIS{CARD}",
        f"kartu no.{CARD}.",
        "0001 2345 67890",
        "0001-2345-67890",
        "0001.2345.67890",
        " ".join(CARD),
        CARD.translate(WIDE),
        "0001\xa0234\xa0567\xa0890",
        "88888" + CARD[2:],
    ],
    "telepon": [
        MOBILE,
        f"HP{MOBILE}",
        f"WA:{MOBILE}",
        "0812-3456-7890",
        "0812 3456 7890",
        "0812.3456.7890",
        "0812 345 678",
        "(0812) 3456-7890",
        "(0812)34567890",
        "+6281234567890",
        "+62 812-3456-7890",
        "+62 (812) 3456 7890",
        "(+62) 812 3456 7890",
        "+62.812.3456.7890",
        "62 812 3456 7890",
        "62-812-3456-7890",
        "6281234567890",
        "0062 812 3456 7890",
        "+62 (0)812 3456 7890",
        "HP 812 3456 7890",
        "telp. 81234567890",
        " ".join(MOBILE),
        "08 12 34 56 78 90",
        MOBILE.translate(WIDE),
        "0812\u200b3456\u200b7890",
        "0812\u20113456\u20117890",
    ],
    "surel": [
        "budi.s@gmail.com",
        "<budi@ternatekota.go.id>",
        "mailto:budi@ternatekota.go.id",
        "budi(at)gmail.com",
        "budi [at] gmail [dot] com",
        "ｂｕｄｉ＠gmail.com",
    ],
    "nip": ["197001012000031001", "NIP. 19700101 200003 1 001"],
}
WRITTEN = [(text, kind) for kind, texts in FORMS.items() for text in texts]


@pytest.mark.parametrize(("text", "kind"), WRITTEN)
def test_every_written_form_is_found(text, kind):
    assert kind in count_personal(text)
    assert kind in count_personal(f"Catatan: {text} (lihat berkas)")


def test_the_list_of_forms_is_long_enough():
    assert len(WRITTEN) >= 60


def ordinary_numbers(count=10_000):
    """Write rupiah, people, shares, digests, codes, dates and times as offices do."""
    rng = np.random.default_rng(20251128)

    def dotted(number):
        return f"{number:,}".replace(",", ".")

    def some(low, high):
        return int(rng.integers(low, high))

    def amount():
        return int(10 ** rng.uniform(3, 15.9))

    makers = [
        lambda: f"Rp{dotted(amount())}",
        lambda: f"Rp {dotted(amount())},00",
        lambda: dotted(amount()),
        lambda: f"{amount():,}",
        lambda: str(amount()),
        lambda: f"{dotted(some(1, 10**8))} jiwa",
        lambda: f"{rng.uniform(0, 100):.4f}%".replace(".", ","),
        lambda: repr(float(rng.uniform())),
        lambda: hashlib.sha256(rng.bytes(8)).hexdigest(),
        lambda: hashlib.sha1(rng.bytes(8), usedforsecurity=False).hexdigest(),
        lambda: hashlib.md5(rng.bytes(8), usedforsecurity=False).hexdigest().upper(),
        lambda: str(uuid.UUID(bytes=rng.bytes(16))),
        lambda: (
            f"5.1.{some(1, 9):02d}.{some(1, 99):02d}.{some(1, 99):02d}."
            f"{some(1, 9999):04d}"
        ),
        lambda: f"1.02.{some(1, 9):02d}.2.{some(1, 9):02d}.{some(1, 99):04d}",
        lambda: f"1.02.0.00.0.00.{some(1, 99):02d}.0000",
        lambda: (
            f"{some(11, 97)}.{some(1, 79):02d}.{some(1, 50):02d}.{some(1001, 2040)}"
        ),
        lambda: f"{some(11, 97)}{some(1, 79):02d}",
        lambda: (
            f"2025-{some(1, 13):02d}-{some(1, 29):02d}T{some(0, 24):02d}:"
            f"{some(0, 60):02d}:{some(0, 60):02d}.{some(0, 10**6):06d}"
        ),
        lambda: (
            f"{some(1, 29):02d}-{some(1, 13):02d}-2025 "
            f"{some(0, 24):02d}.{some(0, 60):02d}"
        ),
        lambda: f"{some(1, 29):02d}/{some(1, 13):02d}/{some(2020, 2030)}",
        lambda: str(some(1_600_000_000, 1_800_000_000) * 1_000_000),
        lambda: f"{some(1, 99999):05d}/SP2D/{some(1, 99):02d}/2025",
        lambda: f"900.1.{some(1, 99)}/{some(1, 9999)}/BPKAD/2025",
        lambda: f"440/{some(1, 9999):04d}/XI/2025",
        lambda: " ".join(str(some(1000, 9999)) for _ in range(7)),
        lambda: "; ".join(dotted(some(1000, 10**7)) for _ in range(8)),
        lambda: f"M {rng.uniform(0, 900):.1f} {rng.uniform(0, 900):.2f} L 18.1 812.5",
        lambda: f"#{some(0, 2**24):06x}",
        lambda: f"INV{some(20250101, 20251231)}{some(1, 10**7):08d}",
        lambda: f"{rng.uniform(-9, 9):.6f}, {rng.uniform(95, 141):.6f}",
    ]
    return [makers[i % len(makers)]() for i in range(count)]


def test_ordinary_numbers_raise_at_most_one_alarm_in_a_thousand():
    numbers = ordinary_numbers()
    alarms = [text for text in numbers if count_personal(text)]
    assert len(alarms) <= len(numbers) / 1000, alarms


@pytest.mark.parametrize(
    "text",
    ["Rp62.812.345.678", "62.812.345.678", "0.8123456789", "08-12-2025 14.30.15",
     "082.71", "1234567890123456", "1" * 16, N + "7", "0000000000000", "jam 08.12",
     "@media print", "d3@7.8.5", "Rp" + N],
)  # fmt: skip
def test_numbers_written_alike_are_none(text):
    assert count_personal(text) == {}


def test_an_address_that_belongs_here_is_no_finding():
    allowed = frozenset({"jkn@contoh.invalid"})
    assert count_personal("Balas ke jkn@contoh.invalid", allowed=allowed) == {}
    assert count_personal("Balas ke jkn@contoh.invalid") == {"surel": 1}
    assert count_personal("Balas ke jkn@contoh.invalid", mail=False) == {}


@pytest.mark.parametrize(
    "text",
    ["Budi Santoso", "BUDI SANTOSO", "a.n. Siti Rahmawati", "Sdr. Yohanis Wenda",
     "Sitti Hajar binti Abdullah", "Kadis Sosial (Ibu Rina Wulandari)"],
)  # fmt: skip
def test_names_of_persons_are_found(text):
    assert find_names(text) > 0


@pytest.mark.parametrize(
    "text",
    ["Dinas Sosial", "Kota Ternate", "UHC Award Pratama", "Ibu Selatan",
     "Ternate Selatan", "Aula Sultan Babullah",
     "RSUD Dr. H. Chasan Boesoirie", "Jl. Ahmad Yani", "Bupati Halmahera Utara",
     "Kepala Bidang Perlindungan Sosial", "PKS PBPU Pemda 2026 ditandatangani",
     "Forum Komunikasi Pemangku Kepentingan Utama"],
)  # fmt: skip
def test_offices_and_places_are_no_names(text):
    assert find_names(text) == 0


def test_the_masked_text_holds_no_value():
    for text, kind in WRITTEN:
        assert kind not in count_personal(mask_personal(f"di {text} itu")), text


def test_one_number_and_a_column_of_numbers_are_judged_alike():
    rng = np.random.default_rng(3)
    cells = [
        f"{rng.integers(11, 97):02d}{rng.integers(0, 80):02d}{rng.integers(0, 12):02d}"
        f"{rng.integers(0, 75):02d}{rng.integers(0, 14):02d}{rng.integers(0, 100):02d}"
        f"{rng.integers(0, 3):04d}"
        for _ in range(3000)
    ]
    import datetime as dt

    column = parse_nik(cells, pada=dt.date(2099, 12, 31)).sah
    one = np.array(["nik" in count_personal(cell) for cell in cells])
    leap = np.array(
        [cell[8:10] == "02" and int(cell[6:8]) % 40 == 29 for cell in cells]
    )
    assert column.any()
    assert (one == column)[~leap].all()


@pytest.mark.parametrize("amount", ["13087319094.02679", "16021308075.78469"])
def test_an_amount_with_decimals_is_no_nik(amount):
    assert count_personal(f"<v>{amount}</v>") == {}
    assert count_personal(f"NIK {N[:11]}{N[11:]}") == {"nik": 1}


@pytest.mark.parametrize("count", ["628206.421875", "628592.590816"])
def test_a_count_with_decimals_is_no_phone(count):
    assert count_personal(f"pemutihan {count}  4.25e+09") == {}
    assert count_personal("WA 62812.34567890") == {"telepon": 1}


def test_coordinates_of_a_drawing_are_no_phone():
    points = "261.7 60.9 256.8 62.8 251.9 65.4 247 67.2 242 68.2 237.1"
    assert count_personal(f'<polygon points="{points}"/>') == {}
    assert count_personal("WA 62.8 251 9654 247") == {"telepon": 1}
    assert count_personal("62.8 1234 5678 90") == {"telepon": 1}
