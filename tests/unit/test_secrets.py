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
from jkn_analysis.store import hold_project, make_private, write_table
from tests.running.project import build_kepesertaan

STRONG = secrets.token_hex(32)
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
    made = make_private("register")
    assert not left.exists()
    assert made.is_dir()
    assert made.stat().st_mode & 0o077 == 0


_WAITS = """
import sys, time
from jkn_analysis import cli
from jkn_analysis.rekonsiliasi import reconcile as module
def wait(order, key, folder):
    (folder / "p=0.parquet").write_bytes(b"x")
    print(folder, flush=True)
    time.sleep(60)
module._reconcile = wait
cli.main(["reconcile", "--bpjs", "a", "--dukcapil", "a", "--pada", "2025-11-30"])
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM is POSIX")
def test_a_reconciliation_told_to_end_leaves_no_pseudonyms_and_no_lock(tmp_path):
    root = tmp_path / "data" / "processed"
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "a").touch()
    write_table(build_kepesertaan(), "kepesertaan", root=root, contoh=True)
    top = str(Path(__file__).resolve().parents[2])
    own = {"TMPDIR": str(tmp_path), "PYTHONPATH": top, "JKN_NIK_KEY": STRONG}
    child = subprocess.Popen(
        [sys.executable, "-c", _WAITS],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | own,
    )
    folder = child.stdout.readline().strip()
    assert Path(folder).is_dir()
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=30)
    assert not Path(folder).exists()
    with hold_project(root, holder="uji"):
        assert child.returncode != 0
