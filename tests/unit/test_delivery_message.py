"""One mail: its tree, its size, its safety, its bytes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import re
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser

import pytest
from PIL import Image

from jkn_analysis.briefing.model import (
    Amount,
    Decision,
    Heading,
    PageTable,
    Part,
    Permintaan,
    Rapat,
)
from jkn_analysis.delivery.history import Revision
from jkn_analysis.delivery.message import (
    MAX_INLINE_BYTES,
    Attachment,
    Envelope,
    Picture,
    Sender,
    build_body,
    build_message,
    build_subject,
)
from jkn_analysis.errors import DeliveryError
from jkn_analysis.texts.plain import one_line, slug
from tests.unit.letters import make_letter

SENDER = Sender("Tim Analisis JKN <jkn@contoh.invalid>", "balas@contoh.invalid")
WHEN = dt.datetime(2025, 12, 1, 8, tzinfo=dt.UTC)
EVIL = "Kota <script>alert(1)</script>\"'\r\nBcc: x@y.invalid\n../../{{ 7*7 }}=1+1"


def png(width=1200, height=600, noise=False):
    """Draw a picture; noise makes one that cannot shrink."""
    if noise:
        import numpy as np

        pixels = np.random.default_rng(0).integers(0, 255, (height, width, 3))
        picture = Image.fromarray(pixels.astype("uint8"))
    else:
        picture = Image.radial_gradient("L").resize((width, height)).convert("RGBA")
        picture.putalpha(128)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def content(**changes):
    """Build a letter; the page's fields and the mail's own may be replaced."""
    meeting = Rapat(
        "R-8271", "82.71", dt.date(2025, 12, 5), "09.00", "WIT", "Forum", "Aula"
    )
    due = dt.date(2025, 12, 31)
    base = {
        "meeting": meeting,
        "kalimat": ("Kalimat satu.", "Kalimat dua."),
        "permintaan": (Permintaan("BPKAD", "lunasi", None, 17_600_000_000, due),),
        "keputusan": (Decision("1", "Validasi NIK", "Dukcapil", "30 Nov", "berjalan"),),
        "charts": (Picture(png(), "Grafik keaktifan"),),
        "attachments": (Attachment("laporan.html", "text/html", b"<p>x</p>"),),
    }
    return make_letter(**{**base, **changes})


def parsed(body, kantor="Dinas Sosial", alamat=("dinsos@contoh.invalid",)):
    """Build and read back with the standard library."""
    raw = build_message(body, Envelope(kantor, tuple(alamat), WHEN), SENDER)
    message = message_from_bytes(raw, policy=default)
    assert all(not part.defects for part in message.walk())
    return message


class Walker(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self):
        super().__init__()
        self.tags, self.texts, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_data(self, data):
        self.texts.append(data)


def walk(html):
    walker = Walker()
    walker.feed(html)
    return walker


def html_of(message):
    return message.get_body(("html",)).get_content()


def test_tree_is_mixed_alternative_related():
    message = parsed(build_body(content(), SENDER))
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "text/html",
    ]


def test_every_cid_of_the_html_is_in_the_message_and_every_picture_is_used():
    body = build_body(
        content(charts=(Picture(png(), "A"), Picture(png(800), "B"))),
        SENDER,
    )
    message = parsed(body)
    named = set(re.findall(r'src="cid:([^"]+)"', html_of(message)))
    held = {
        str(part["Content-ID"]).strip("<>")
        for part in message.walk()
        if part.get_content_maintype() == "image"
    }
    assert named == held
    assert len(named) == 2


def test_html_has_no_script_no_data_url_and_no_remote_address():
    html = html_of(parsed(build_body(content(), SENDER)))
    assert "script" not in walk(html).tags
    assert "data:" not in html
    assert "http:" not in html
    assert "https:" not in html
    assert 'lang="id"' in html


def test_styles_are_inlined_and_only_dark_mode_stays_in_the_head():
    html = html_of(parsed(build_body(content(), SENDER)))
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style.strip().startswith("@media (prefers-color-scheme: dark)")
    assert html.index("charset") < html.index("<style>") < html.index("</head>")
    assert html.count('style="') > 20


def test_every_picture_has_width_and_alternative_text():
    walker = walk(html_of(parsed(build_body(content(), SENDER))))
    images = [attribute for attribute in walker.attributes if attribute[0] == "img"]
    assert ("img", "alt", "Grafik keaktifan") in images
    assert ("img", "width", "600") in images


def test_outlook_gets_a_ghost_table():
    html = html_of(parsed(build_body(content(), SENDER)))
    assert "<!--[if mso]><table" in html
    assert "<!--[if mso]></td></tr></table><![endif]-->" in html


def test_plain_text_carries_verdict_figures_ask_and_footer():
    text = parsed(build_body(content(), SENDER)).get_body(("plain",)).get_content()
    for needed in (
        "Kota Ternate kurang 2.109 jiwa",
        "Posisi sekarang: 79,0%",
        "- BPKAD: lunasi | Rp17,6 miliar | 31 Desember 2025",
        "1. Validasi NIK | Dukcapil",
        "[Grafik keaktifan]",
        "balas ke balas@contoh.invalid",
        "Disusun dari data BPJS Kesehatan.",
    ):
        assert needed in text


def test_subject_names_region_meeting_and_verdict():
    subject = str(parsed(build_body(content(), SENDER))["Subject"])
    assert subject == "Kota Ternate · Forum 5 Desember 2025: kurang 2.109 jiwa"


def test_a_long_name_of_a_meeting_does_not_push_the_verdict_out_of_the_subject():
    long = dataclasses.replace(
        content().meeting, jenis="Forum Komunikasi Pemangku Kepentingan Utama"
    )
    subject = build_subject(content(meeting=long))
    assert subject == "Kota Ternate · Rapat 5 Desember 2025: kurang 2.109 jiwa"


def test_a_month_without_meeting_says_so_in_the_subject():
    subject = build_subject(content(meeting=None))
    assert subject.startswith("Kota Ternate · Laporan bulanan November 2025:")


def test_sample_data_is_marked_in_subject_html_text_and_header():
    message = parsed(build_body(content(contoh=True), SENDER))
    assert str(message["Subject"]).startswith("[DATA CONTOH] ")
    assert "DATA CONTOH" in html_of(message)
    assert "DATA CONTOH" in message.get_body(("plain",)).get_content()
    assert message["X-JKN-Data-Contoh"] == "ya"


def test_english_has_its_own_words():
    message = parsed(build_body(content(bahasa="en", contoh=True), SENDER))
    assert "What is asked" in html_of(message)
    assert str(message["Subject"]).startswith("[SAMPLE DATA] ")
    assert 'lang="en"' in html_of(message)


def test_long_subjects_are_cut_at_a_word():
    subject = build_subject(content(pokok="kata " * 80))
    assert len(subject) <= 200
    assert subject.endswith("kata…")


def test_same_content_gives_the_same_bytes():
    envelope = Envelope("BPKAD", ("bpkad@contoh.invalid",), WHEN)
    once, again = (
        build_message(build_body(content(), SENDER), envelope, SENDER) for _ in range(2)
    )
    assert once == again


def test_message_id_follows_meeting_office_body_and_page():
    ids = {
        parsed(build_body(c, SENDER), kantor)["Message-ID"]
        for c in (content(), content(report_sha256="cd" * 32), content(meeting=None))
        for kantor in ("Dinas Sosial", "BPKAD")
    }
    assert len(ids) == 6
    assert all(mid.endswith("@contoh.invalid>") for mid in ids)
    changed = build_body(content(kalimat=("lain",)), SENDER)
    assert parsed(changed)["Message-ID"] not in ids
    assert parsed(build_body(content(), SENDER))["Message-ID"] in ids


def test_a_revision_is_marked_in_subject_and_first_line_and_keeps_its_name():
    first = build_body(content(contoh=False), SENDER)
    told = Revision(2, dt.date(2025, 12, 3))
    second = build_body(content(contoh=False), SENDER, revise=lambda _: told)
    message = parsed(second)
    assert message["Subject"].startswith("[Revisi 2] ")
    line = "Revisi 2: menggantikan bahan yang dikirim 3 Desember 2025."
    assert second.text.lstrip().startswith(line)
    assert line in html_of(message)
    assert message["Message-ID"] == parsed(first)["Message-ID"]
    assert second.core == first.core


def test_html_over_the_clipping_size_is_refused():
    told = tuple("tindakan " * 100 for _ in range(120))
    with pytest.raises(DeliveryError, match="Gmail clips it"):
        build_body(content(kalimat=told), SENDER)


def test_pictures_that_make_the_body_too_heavy_are_left_to_the_attached_report():
    heavy = Picture(png(1200, 900, noise=True), "Berat")
    body = build_body(content(charts=(Picture(png(), "A"), heavy)), SENDER)
    assert len(body.cids) == 1
    assert "Berat" not in body.html
    inline = sum(len(data) * 1.37 for _, data in body.cids) + len(body.html)
    assert inline < MAX_INLINE_BYTES


def test_hostile_names_change_nothing_but_their_own_text():
    due = dt.date(2025, 12, 31)
    c = content(
        nama=EVIL,
        judul=EVIL,
        pokok=EVIL,
        kantor=EVIL,
        lead=(EVIL,),
        kalimat=(EVIL,),
        baris=((EVIL, EVIL),),
        permintaan=(Permintaan(EVIL, EVIL, 1, None, due, EVIL),),
        keputusan=(Decision(EVIL, EVIL, EVIL, EVIL, EVIL, EVIL),),
        charts=(Picture(png(), EVIL, title=EVIL, captions=(EVIL,)),),
        attachments=(Attachment(EVIL, "text/html", b"x"),),
        kaki=EVIL,
        meeting=Rapat(EVIL, "82.71", dt.date(2025, 12, 5), EVIL, "WIT", EVIL, EVIL),
    )
    message = parsed(build_body(c, SENDER), kantor=EVIL)
    clean = parsed(build_body(content(), SENDER))
    assert message.keys() == clean.keys()
    assert "Bcc" not in message
    assert str(message["Subject"]).count("\n") == 0
    walker = walk(html_of(message))
    assert "script" not in walker.tags
    assert not any(name.startswith("on") for _, name, _ in walker.attributes)
    assert one_line(EVIL) in " ".join(walker.texts)
    assert "49" not in " ".join(walker.texts)
    (to,) = message["To"].addresses
    assert to.addr_spec == "dinsos@contoh.invalid"
    assert to.display_name == one_line(EVIL)


def test_direction_marks_are_dropped():
    assert one_line("Ternate\u202egnp.exe\u2066") == "Ternategnp.exe"


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..", "", "a/b\\c", "CON.", "\x00", "Ἀθῆναι", "x" * 300],
)
def test_slugs_are_safe_file_names(name):
    made = slug(name)
    assert re.fullmatch(r"[a-z0-9-]{1,50}", made)
    assert made != slug(name + "!")


@pytest.mark.parametrize(
    "address", ["a@b", "a b@c.id", "a@c.id, d@e.id", "a@c.id\nBcc: x@y.id", "@c.id", ""]
)
def test_what_is_no_address_is_refused(address):
    body = build_body(content(), SENDER)
    with pytest.raises(DeliveryError, match="not a mail address"):
        build_message(body, Envelope("BPKAD", (address,), WHEN), SENDER)


def test_a_ranking_is_a_data_table_with_headings():
    heads = (Heading("Nama"), Heading("Jiwa"))
    row = (Amount("Taliabu", "teks", "Taliabu"), Amount(10_618, "jiwa", "10.618"))
    table = PageTable("peringkat", "Wilayah", heads, (row,))
    part = Part("peringkat", "Wilayah", lipat=(table,))
    body = build_body(content(bagian=(part,)), SENDER)
    walker = walk(body.html)
    assert ("th", "scope", "col") in walker.attributes
    assert "10.618" in walker.texts
    assert "Nama | Jiwa" in body.text
    assert "Taliabu | 10.618" in body.text
