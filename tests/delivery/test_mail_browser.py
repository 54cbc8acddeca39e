"""The mail as a client draws it, on phones and desktops, with awkward contents."""

from __future__ import annotations

import datetime as dt
import io
from email import message_from_bytes
from email.policy import default

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
from jkn_analysis.delivery.message import Envelope, Picture, build_body, build_message
from jkn_analysis.delivery.preview import render_body
from tests.delivery.conftest import NOW, SENDER

pytestmark = pytest.mark.browser

OVERFLOW = """() => {
  const width = document.documentElement.clientWidth, bad = [];
  if (document.documentElement.scrollWidth > width) bad.push('page');
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('.pre')) continue;
    const box = e.getBoundingClientRect();
    if (box.width && (box.right > width + 0.5 || box.left < -0.5))
      bad.push(e.tagName + '.' + e.className);
  }
  return bad;
}"""
OVERLAP = """() => {
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.textContent.trim() || node.parentElement.closest('.pre')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const r of range.getClientRects()) boxes.push([r, node.textContent]);
  }
  const bad = [];
  for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
    const [a, s] = boxes[i], [b, t] = boxes[j];
    const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (x > 2 && y > 4) bad.push([s.trim(), t.trim()]);
  }
  return bad;
}"""
LONG = "Kabupaten Kepulauan Tanimbar Selatan Daya Raya"
WORD = "Pertanggungjawaban" * 4


def ask(kantor, tindakan, jiwa=1, rp=1):
    return Permintaan(kantor, tindakan, jiwa, rp, dt.date(2025, 12, 1))


def chart(name):
    stream = io.BytesIO()
    Image.new("RGB", (960, 640), "#0b5cad").save(stream, "PNG")
    return Picture(stream.getvalue(), f"Grafik {name}", 600, name, (LONG,))


AWKWARD = {
    "plain": {},
    "long names": {
        "nama": LONG,
        "judul": f"{LONG} masih kurang 111.111 peserta aktif",
        "permintaan": (ask(LONG, f"{LONG} {LONG}", 111_111, 999_900_000_000),) * 6,
        "keputusan": (Decision("10", LONG, LONG, "20 Jul", "terlambat", LONG),) * 6,
    },
    "one endless word": {
        "judul": WORD,
        "baris": ((WORD, WORD), ("x", "Rp1.234.567.890.123")),
        "kalimat": (WORD,),
        "permintaan": (ask(WORD, WORD),),
        "keputusan": (Decision("1", WORD, WORD, WORD, WORD, WORD),),
        "kaki": WORD,
    },
    "nothing but a verdict": {"kalimat": (), "attachments": (), "meeting": None},
    "hostile": {
        "nama": "<script>document.body.innerHTML=''</script>",
        "judul": "</td></tr></table><style>*{display:none}</style>\"'>",
        "permintaan": (ask("<img src=x onerror=alert(1)>", "--><!--"),),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", AWKWARD)
def test_nothing_leaves_the_screen_or_lies_over_another(browser, make_content, name):
    values = {
        "charts": (chart("keaktifan"), chart("tunggakan")),
        "contoh": True,
        **AWKWARD[name],
    }
    body = build_body(make_content(**values), SENDER)
    raw = build_message(body, Envelope("BPKAD", ("a@contoh.invalid",), NOW), SENDER)
    html = render_body(message_from_bytes(raw, policy=default))
    assert html.replace("\r\n", "\n").count("data:image/png") == 2
    for width in (320, 390, 700, 1280):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.route("**/*", lambda route: route.abort())
        page.set_content(html)
        assert page.evaluate(OVERFLOW) == [], width
        assert page.evaluate(OVERLAP) == [], width
        drawn = page.evaluate("[...document.images].map(i => i.naturalWidth)")
        assert drawn == [960, 960]
        page.close()


def test_dark_mode_keeps_every_text_readable(browser, make_content):
    values = {
        "nada": "baik",
        "baris": (("Kas", "kurang"),),
        "permintaan": (ask("BPKAD", "lunasi"),),
        "keputusan": (Decision("1", "k", "p", "t", "selesai"),),
        "contoh": True,
    }
    html = build_body(make_content(**values), SENDER).html
    contrast = """() => {
      const rgb = c => c.match(/[\\d.]+/g).slice(0, 3).map(Number);
      const lum = c => { const [r, g, b] = rgb(c).map(v => { v /= 255;
        return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      const ground = e => { for (; e; e = e.parentElement) {
        const c = getComputedStyle(e).backgroundColor;
        if (c !== 'rgba(0, 0, 0, 0)') return c; } return 'rgb(255, 255, 255)'; };
      const bad = [];
      for (const e of document.querySelectorAll('td, p, h1, h2, div, span')) {
        const texts = [...e.childNodes].filter(n => n.nodeType === 3);
        if (!texts.some(n => n.textContent.trim()) || e.closest('.pre')) continue;
        const a = lum(getComputedStyle(e).color), b = lum(ground(e));
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) bad.push([e.textContent.trim().slice(0, 30), ratio]);
      }
      return bad;
    }"""
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.set_content(html)
        assert page.evaluate(contrast) == [], scheme
        page.close()


def test_a_meeting_and_region_are_on_the_first_screen_of_a_phone(browser, make_content):
    meeting = Rapat("R", "82.71", dt.date(2025, 12, 5), "09.00", "WIT", "Forum", "Aula")
    html = build_body(make_content(meeting=meeting), SENDER).html
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_content(html)
    bottom = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.value')]"
        ".map(e => e.getBoundingClientRect().bottom))"
    )
    page.close()
    assert bottom < 844


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_of_a_or_aa(browser, make_content, top, scheme):
    axe = top / "tests" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.is_file():
        pytest.skip("axe-core is not installed (tests/browser/install.py)")
    row = (Amount("Taliabu", "teks", "Taliabu"), Amount(1, "jiwa", "1"))
    ranking = PageTable(
        "peringkat", "Wilayah", (Heading("Nama"), Heading("Jiwa")), (row,)
    )
    values = {
        "charts": (chart("keaktifan"),),
        "permintaan": (ask("BPKAD", "lunasi"),),
        "bagian": (Part("peringkat", "Wilayah", lipat=(ranking,)),),
        "keputusan": (Decision("1", "k", "p", "t", "selesai"),),
        "contoh": True,
    }
    body = build_body(make_content(**values), SENDER)
    raw = build_message(body, Envelope("BPKAD", ("a@contoh.invalid",), NOW), SENDER)
    html = render_body(message_from_bytes(raw, policy=default))
    page = browser.new_page(color_scheme=scheme)
    page.set_content(html)
    page.evaluate(axe.read_text("utf-8"))
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"
        ".then(r => r.violations.map(v => v.id))"
    )
    page.close()
    assert found == []
