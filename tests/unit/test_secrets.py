"""Keys and passwords: weak ones refused, none handed to a process we start."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jkn_analysis.cleaning.open import sandbox
from jkn_analysis.config import SECRETS, hide_secrets
from jkn_analysis.errors import PrivacyError
from jkn_analysis.rekonsiliasi.pseudonym import build_key
from jkn_analysis.store import make_private

PUBLISHED = {
    "NIST SP 800-38A": "603deb1015ca71be2b73aef0857d7781"
    "1f352c073b6108d72d9810a30914dff4",
    "RFC 7748": "77076d0a7318a57d3c16c17251b2664545df2ab6d5d0b7a6c8f1a0e3d2b4c596",
    "counting": bytes(range(32)).hex(),
    "0123456789abcdef": "0123456789abcdef" * 4,
    "deadbeef": "deadbeef" * 8,
}


@pytest.mark.parametrize("name", list(PUBLISHED))
def test_published_example_keys_are_refused(name):
    with pytest.raises(PrivacyError, match="not 32 random bytes"):
        build_key(PUBLISHED[name])


@pytest.mark.parametrize(
    "word", ["", "password", "rahasia", "bpjs", "Admin", "jkn2025"]
)
@pytest.mark.parametrize("name", ["sha256", "sha3_256"])
def test_hashes_of_common_words_are_refused(word, name):
    digest = hashlib.new(name, word.encode()).digest()
    for text in (digest.hex(), base64.b64encode(digest).decode()):
        with pytest.raises(PrivacyError, match="not 32 random bytes"):
            build_key(text)


def test_random_keys_are_taken():
    for _ in range(50):
        assert build_key(secrets.token_hex(32)).id


@pytest.fixture
def loaded(monkeypatch):
    for name in SECRETS:
        monkeypatch.setenv(name, f"kenari-{name}")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="reads /proc")
def test_the_reading_child_sees_no_secret(loaded):
    child = sandbox._Child()
    try:
        seen = Path(f"/proc/{child.process.pid}/environ").read_bytes()
    finally:
        child.stop()
    assert b"PYTHONPATH=" in seen
    assert b"kenari" not in seen


def test_processes_of_a_run_see_no_secret_and_the_run_gets_them_back(loaded):
    ask = [sys.executable, "-c", "import os; print(sorted(os.environ))"]
    with hide_secrets():
        seen = subprocess.run(ask, capture_output=True, text=True, check=True).stdout
    assert not any(name in seen for name in SECRETS)
    assert all(os.environ[name] == f"kenari-{name}" for name in SECRETS)


def test_what_a_killed_process_left_is_swept_at_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f"jkn-register-{gone.pid}-x1"
    left.mkdir()
    (left / "p=0.parquet").write_bytes(b"x")
    made = make_private("jkn-register-")
    assert not left.exists()
    assert made.is_dir()
    assert made.stat().st_mode & 0o077 == 0


_WAITS = """
import signal, sys, time
from pathlib import Path
from jkn_analysis.cli import reconcile as cli
from jkn_analysis.rekonsiliasi import reconcile as module
import datetime as dt
signal.signal(signal.SIGTERM, cli._stop)
def wait(order, key, folder):
    (folder / "p=0.parquet").write_bytes(b"x")
    print(folder, flush=True)
    time.sleep(60)
module._reconcile = wait
order = module.Order({"bpjs": Path("a"), "dukcapil": Path("b")}, dt.date(2025, 11, 30))
module.reconcile(order, key=None)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM is POSIX")
def test_sigterm_sweeps_the_pseudonyms(tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", _WAITS],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    folder = child.stdout.readline().strip()
    assert Path(folder).is_dir()
    child.send_signal(signal.SIGTERM)
    child.wait(30)
    child.stdout.close()
    assert not Path(folder).exists()
