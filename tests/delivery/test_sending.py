"""Through a real server: nobody gets two, nobody is lost, the ledger tells."""

from __future__ import annotations

import contextlib
import dataclasses
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from jkn_analysis.delivery import oauth, server
from jkn_analysis.delivery.ledger import KEPT, Status, kept_name, open_ledger
from jkn_analysis.delivery.outbox import list_jobs, read_outbox
from jkn_analysis.delivery.server import read_settings
from jkn_analysis.delivery.smtp import (
    BACKOFF_S,
    DATA_TIMEOUT_S,
    MOST_FAILURES,
    Pace,
    send_all,
)
from jkn_analysis.errors import ConfigError, DeliveryError, LockedError
from tests.delivery.conftest import NOW, Faults

SEKDA, DINSOS, DINSOS2, BPKAD = (
    f"{name}@contoh.invalid" for name in ("sekda", "dinsos", "dinsos2", "bpkad")
)
ALL = sorted([SEKDA, DINSOS, DINSOS2, BPKAD])


class Sending:
    """One outbox, one ledger, one server; send as often as you like."""

    def __init__(self, folder, server):
        self.folder, self.server, self.pauses = folder, server, []
        self.ledger = folder.parent / "ledger.sqlite"

    def send(self, **options):
        jobs = list_jobs(read_outbox(self.folder))
        with open_ledger(self.ledger, now=lambda: NOW) as ledger:
            return send_all(
                jobs,
                settings=options.pop("settings", None) or self.server.settings,
                ledger=ledger,
                pause=self.pauses.append,
                **options,
            )

    def told(self):
        with open_ledger(self.ledger, now=lambda: NOW) as ledger:
            return {r.copy.alamat: r.status.value for r in ledger.list_latest()}

    def received(self):
        return sorted(address for address, _ in self.server.box.received())


@pytest.fixture
def sending(outbox, serve):
    def start(faults=None, **options):
        return Sending(outbox(), serve(faults, **options))

    return start


@pytest.mark.parametrize("security", ["starttls", "smtps"])
def test_every_recipient_gets_one_copy_over_tls_with_login(sending, security):
    run = sending(security=security)
    results = run.send()
    assert [result.status for result in results] == [Status.SENT] * 4
    assert run.received() == ALL
    assert run.server.box.logins == 1
    assert set(run.told().values()) == {"sent"}


def test_a_second_run_sends_nothing(sending):
    run = sending()
    run.send()
    again = run.send()
    assert all(result.skipped for result in again)
    assert run.received() == ALL


def test_again_never_sends_what_was_sent(sending):
    run = sending()
    run.send()
    assert all(result.skipped for result in run.send(again="unknown"))
    assert run.received() == ALL


def test_what_arrives_is_byte_for_byte_what_lies_in_the_outbox(sending):
    run = sending()
    run.send()
    (sekda,) = [raw for to, raw in run.server.box.accepted if to == SEKDA]
    (entry,) = [e for e in read_outbox(run.folder) if SEKDA in e.alamat]
    assert sekda.rstrip() == entry.path.read_bytes().rstrip()


def test_lines_that_begin_with_a_dot_survive(outbox, serve):
    folder = outbox(kalimat=(".", "..titik", "." * 100))
    run = Sending(folder, serve())
    run.send()
    from email import message_from_bytes
    from email.policy import default

    message = message_from_bytes(run.server.box.accepted[0][1], policy=default)
    text = message.get_body(("plain",)).get_content()
    assert "\n.\n..titik\n" + "." * 100 in text.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "faults",
    [
        Faults(greet_421=1),
        Faults(mail=["421 4.3.2 shutting down"]),
        Faults(mail=["250 OK", "451 4.3.0 try later"]),
        Faults(rcpt={DINSOS: ["450 4.2.1 greylisted", "450 4.2.1 greylisted"]}),
        Faults(rcpt={DINSOS: ["421 4.3.2 too many"]}),
        Faults(data={DINSOS: ["452 4.3.1 no space for now"]}),
        Faults(rcpt={DINSOS: ["drop"]}),
        Faults(greet_421=2, rcpt={BPKAD: ["451 later"], SEKDA: ["drop"]}),
    ],
    ids=["421-greet", "421-mail", "451-mail", "450-rcpt", "421-rcpt", "452-data",
         "drop-between-recipients", "several"],
)  # fmt: skip
def test_a_temporary_fault_is_retried_and_all_get_one(sending, faults):
    run = sending(faults)
    results = run.send()
    assert [result.status for result in results] == [Status.SENT] * 4
    assert run.received() == ALL
    assert tuple(run.pauses) == BACKOFF_S[: len(run.pauses)]
    assert run.pauses


@pytest.mark.parametrize(
    ("faults", "reply"),
    [
        (Faults(data={DINSOS: ["552 5.2.2 mailbox full"]}), "552"),
        (Faults(rcpt={DINSOS: ["550 5.1.1 no such user"]}), "550"),
    ],
)
def test_a_refusal_for_good_is_not_retried_and_holds_nobody_else(
    sending, faults, reply
):
    run = sending(faults)
    by_address = {result.copy.alamat: result for result in run.send()}
    assert by_address[DINSOS].status is Status.REFUSED
    assert by_address[DINSOS].jawaban.startswith(reply)
    assert run.received() == sorted({*ALL} - {DINSOS})
    assert run.pauses == []


@pytest.mark.parametrize(
    "faults",
    [
        Faults(rcpt={DINSOS: ["550 5.1.1 no such user"]}),
        Faults(rcpt={DINSOS: ["530 5.7.0 not for you"]}),
        Faults(data={DINSOS: ["552 5.2.2 mailbox full"]}),
    ],
    ids=["550", "530", "552"],
)
def test_a_dead_address_is_not_tried_again_until_it_is_opened(sending, faults):
    run = sending(faults)
    run.send()
    results = {r.copy.alamat: r for r in run.send()}
    assert results[DINSOS].status is Status.CLOSED
    assert results[DINSOS].jawaban.startswith("mati since 2025-12-01 5")
    assert run.received() == sorted({*ALL} - {DINSOS})
    with open_ledger(run.ledger, now=lambda: NOW) as ledger:
        assert ledger.open_address(DINSOS)
        assert not ledger.open_address(DINSOS)
    run.send()
    assert run.received() == ALL
    assert set(run.told().values()) == {"sent"}


def test_a_refusal_of_the_message_kills_no_address(sending):
    run = sending(Faults(data={DINSOS: ["554 5.7.1 looks like spam"]}))
    run.send()
    run.send()
    assert run.received() == ALL


def test_who_asked_to_stop_gets_nothing(sending):
    run = sending()
    with open_ledger(run.ledger, now=lambda: NOW) as ledger:
        ledger.close_address(BPKAD, "berhenti")
    closed = [r for r in run.send() if r.status is Status.CLOSED]
    assert [r.copy.alamat for r in closed] == [BPKAD]
    assert run.received() == sorted({*ALL} - {BPKAD})


def test_every_message_sent_stays_under_its_message_id(sending, outbox):
    run = sending()
    before = {e.message_id: e.path.read_bytes() for e in read_outbox(run.folder)}
    run.send()
    outbox(judul="Lain sama sekali", report_sha256="cd" * 32)
    kept = {p.name: p.read_bytes() for p in (run.ledger.parent / KEPT).iterdir()}
    assert kept == {kept_name(name): raw for name, raw in before.items()}


@pytest.mark.parametrize("lost", ["gone", "empty", "older"])
def test_a_ledger_that_lost_what_was_sent_stops_everything(sending, lost):
    run = sending()
    older = run.ledger.with_suffix(".lama")
    with open_ledger(run.ledger, now=lambda: NOW):
        pass
    shutil.copy(run.ledger, older)
    run.send()
    run.ledger.unlink()
    if lost == "empty":
        run.ledger.touch()
    if lost == "older":
        shutil.copy(older, run.ledger)
    with pytest.raises(DeliveryError, match=r"does not know 3 message\(s\)"):
        run.send()
    assert run.received() == ALL


class Silent:
    """A server that accepts connections and says nothing, or falls silent."""

    def __init__(self, lines=()):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.connections = self.socket.getsockname()[1], 0
        self.lines, self.held = list(lines), []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                link, _ = self.socket.accept()
                self.connections += 1
                self.held.append(link)
                for line in self.lines:
                    link.sendall(line)
                    link.recv(4096)


@pytest.fixture
def silent(monkeypatch):
    made = []

    def start(*lines):
        monkeypatch.setattr(server, "TIMEOUT_S", 0.3)
        made.append(Silent(lines))
        return made[-1], server.SmtpSettings("127.0.0.1", made[-1].port, "loopback")

    yield start
    for each in made:
        each.socket.close()
        for link in each.held:
            link.close()


@pytest.mark.parametrize(
    "lines", [(), (b"220 x\r\n",), (b"220 x\r\n", b"250 x\r\n", b"250 ok\r\n")]
)
def test_a_silent_server_is_tried_once_for_any_number_of_copies(outbox, silent, lines):
    machine, settings = silent(*lines)
    many = {f"Kantor {n}": (f"k{n}@contoh.invalid",) for n in range(40)}
    run = Sending(outbox(many), None)
    results = run.send(settings=settings)
    assert {r.status for r in results} == {Status.DEFERRED}
    assert machine.connections == 1
    assert run.pauses == []
    assert sum("not tried, server down" in r.jawaban for r in results) >= 39


def test_a_server_that_is_not_there_is_tried_once(outbox, unused_tcp_port_factory):
    run = Sending(outbox(), None)
    nowhere = server.SmtpSettings("127.0.0.1", unused_tcp_port_factory(), "loopback")
    results = run.send(settings=nowhere)
    assert all("not tried, server down" in r.jawaban for r in results)
    assert run.pauses == []


def test_the_longest_silence_ends_within_two_minutes():
    assert server.TIMEOUT_S + DATA_TIMEOUT_S < 120


def test_a_server_that_refuses_connections_is_left_after_three(sending):
    run = sending(Faults(greet_421=50))
    results = run.send()
    assert run.server.box.connections == MOST_FAILURES
    assert {r.status for r in results} == {Status.DEFERRED}
    assert run.pauses == []


def test_the_pace_waits_for_the_rest_of_the_minute():
    pauses, times = [], iter([0.0, 10.0, 60.0, 130.0, 130.0])
    pace = Pace(2, pause=pauses.append, clock=lambda: next(times))
    for _ in range(4):
        pace.count()
    assert pauses == [50.0]


class Granting:
    """An OAuth 2.0 token server over TLS."""

    def __init__(self, authority, *, gives=True):
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                size = int(self.headers["Content-Length"])
                outer.asked.append(parse_qs(self.rfile.read(size).decode()))
                told = {"access_token": "tkn-1", "token_type": "Bearer",
                        "expires_in": 3600}  # fmt: skip
                body = json.dumps(told if gives else {"error": "invalid_grant"})
                self.send_response(200 if gives else 400)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = authority.context("good").wrap_socket(
            self.server.socket, server_side=True
        )
        self.url = f"https://localhost:{self.server.server_port}/token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def granting(authority, monkeypatch):
    monkeypatch.setattr(oauth, "_tokens", {})
    made = []

    def start(**options):
        made.append(Granting(authority, **options))
        return made[-1]

    yield start
    for each in made:
        each.server.shutdown()
        each.server.server_close()


@pytest.mark.parametrize("refresh", ["rfr-rahasia", ""])
def test_a_token_logs_in_where_the_server_wants_xoauth2(
    sending, granting, authority, refresh
):
    run, granter = sending(), granting()
    environment = {
        "JKN_SMTP_HOST": "localhost", "JKN_SMTP_PORT": str(run.server.settings.port),
        "JKN_SMTP_USER": "jkn@contoh.invalid", "JKN_SMTP_CA": authority.ca_file,
        "JKN_SMTP_AUTH": "xoauth2", "JKN_SMTP_TOKEN_URL": granter.url,
        "JKN_SMTP_CLIENT_ID": "klien", "JKN_SMTP_CLIENT_SECRET": "cls-rahasia",
        "JKN_SMTP_REFRESH_TOKEN": refresh, "JKN_SMTP_SCOPE": "smtp.send",
    }  # fmt: skip
    settings = read_settings(environment)
    assert "rahasia" not in repr(settings)
    assert {r.status for r in run.send(settings=settings)} == {Status.SENT}
    assert run.server.box.bearers == [
        "user=jkn@contoh.invalid\x01auth=Bearer tkn-1\x01\x01"
    ]
    (asked,) = granter.asked
    kind = "refresh_token" if refresh else "client_credentials"
    assert asked["grant_type"] == [kind]
    run.send(settings=settings)
    assert len(granter.asked) == 1


def test_no_token_stops_with_a_line_that_shows_no_secret(sending, granting, authority):
    run, granter = sending(), granting(gives=False)
    settings = dataclasses.replace(
        run.server.settings,
        granter=oauth.Granter(
            granter.url, "klien", SecretStr("cls-rahasia"), SecretStr("rfr-rahasia")
        ),
    )
    with pytest.raises(DeliveryError, match="no token") as caught:
        run.send(settings=settings)
    assert "rahasia" not in str(caught.value)
    assert run.received() == []


def test_a_copy_deferred_to_the_end_is_told_and_sent_by_the_next_run(sending):
    run = sending(Faults(rcpt={DINSOS: ["450 later"] * (len(BACKOFF_S) + 1)}))
    run.send()
    assert run.told()[DINSOS] == "deferred"
    assert run.pauses == list(BACKOFF_S)
    run.send()
    assert run.received() == ALL


@pytest.mark.parametrize(
    ("drop", "arrived"), [("drop_before", False), ("drop_after", True)]
)
def test_a_cut_after_data_is_unknown_and_never_sent_again_by_itself(
    sending, drop, arrived
):
    run = sending(Faults(data={DINSOS: [drop]}))
    run.send()
    assert run.told()[DINSOS] == "unknown"
    run.send()
    run.send()
    assert run.received() == (ALL if arrived else sorted({*ALL} - {DINSOS}))
    assert run.told()[DINSOS] == "unknown"


def test_a_person_can_send_an_unknown_copy_again_with_its_message_id(sending):
    run = sending(Faults(data={DINSOS: ["drop_after"]}))
    run.send()
    run.send(again="unknown")
    ids = {mid for to, mid in run.server.box.received() if to == DINSOS}
    assert len(ids) == 1
    assert run.told()[DINSOS] == "sent"


def test_a_local_catcher_without_tls_or_login_works_on_this_machine(outbox, serve):
    run = Sending(outbox(contoh=True), serve(security="bare"))
    local = dataclasses.replace(run.server.settings, security="loopback", user="")
    results = run.send(settings=local)
    assert {result.status for result in results} == {Status.SENT}
    assert run.received() == ALL


def test_no_message_goes_out_in_clear_when_starttls_is_missing(sending):
    run = sending(security="bare")
    with pytest.raises(DeliveryError, match="offers no STARTTLS"):
        run.send()
    assert run.received() == []


@pytest.mark.parametrize("security", ["starttls", "smtps"])
@pytest.mark.parametrize(
    ("certificate", "reason"),
    [("wrong_name", "Hostname mismatch"), ("expired", "certificate has expired")],
)
def test_a_wrong_certificate_stops_everything(sending, security, certificate, reason):
    run = sending(security=security, certificate=certificate)
    with pytest.raises(DeliveryError, match=reason):
        run.send()
    assert run.received() == []
    assert run.server.box.logins == 0


def test_an_unknown_authority_stops_everything(sending):
    run = sending(ca=False)
    with pytest.raises(DeliveryError, match="TLS refused"):
        run.send()
    assert run.received() == []


def test_the_authority_may_come_from_the_environment(sending, authority, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", authority.ca_file)
    run = sending(ca=False)
    assert {result.status for result in run.send()} == {Status.SENT}


def test_a_refused_password_stops_and_is_in_no_message(sending):
    run = sending()
    wrong = dataclasses.replace(run.server.settings, password=SecretStr("salah-sekali"))
    with pytest.raises(DeliveryError, match="login refused") as caught:
        run.send(settings=wrong)
    assert "salah-sekali" not in str(caught.value) + repr(wrong)
    assert run.received() == []


def test_sample_data_cannot_leave_this_machine(outbox, serve):
    run = Sending(outbox(contoh=True), serve())
    outside = dataclasses.replace(run.server.settings, host="mail.contoh.invalid")
    with pytest.raises(DeliveryError, match="may not leave this machine"):
        run.send(settings=outside)
    assert {result.status for result in run.send()} == {Status.SENT}


def test_a_message_without_the_mark_counts_as_sample(outbox, serve):
    folder = outbox()
    for path in folder.glob("*/*.eml"):
        raw = path.read_bytes()
        path.write_bytes(raw.replace(b"X-JKN-Data-Contoh: tidak\r\n", b""))
    assert all(entry.contoh for entry in read_outbox(folder))


def test_a_second_sender_is_kept_out(sending):
    run = sending()
    with (
        open_ledger(run.ledger, now=lambda: NOW),
        pytest.raises(LockedError, match="is sending"),
    ):
        run.send()


def test_a_damaged_ledger_stops_the_sending(sending):
    run = sending()
    run.ledger.write_bytes(b"not a database, sixteen bytes and more" * 50)
    with pytest.raises(DeliveryError, match="ledger of sent mail cannot be read"):
        run.send()


def test_a_ledger_with_a_damaged_page_stops_the_sending(sending):
    run = sending()
    run.send()
    content = bytearray(run.ledger.read_bytes())
    content[4096:4160] = b"\xff" * 64
    run.ledger.write_bytes(content)
    with pytest.raises(DeliveryError, match="ledger of sent mail cannot be read"):
        run.send()


ENVIRONMENT = {
    "JKN_SMTP_HOST": "mail.go.id",
    "JKN_SMTP_USER": "jkn",
    "JKN_SMTP_PASSWORD": "rahasia-uji",
}


def test_settings_come_from_the_environment_with_safe_defaults():
    settings = read_settings(ENVIRONMENT)
    assert (settings.security, settings.port) == ("starttls", 587)
    assert settings.password.get_secret_value() == "rahasia-uji"
    assert "rahasia-uji" not in repr(settings)


def test_without_password_the_keyring_is_asked(monkeypatch):
    import keyring

    asked = []
    monkeypatch.setattr(
        keyring, "get_password", lambda *name: asked.append(name) or "dari-keyring"
    )
    settings = read_settings({**ENVIRONMENT, "JKN_SMTP_PASSWORD": ""})
    assert settings.password.get_secret_value() == "dari-keyring"
    assert asked == [("jkn-analysis", "jkn")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"JKN_SMTP_HOST": ""}, "JKN_SMTP_HOST is not set"),
        ({"JKN_SMTP_SECURITY": "none"}, "'none'"),
        ({"JKN_SMTP_SECURITY": "loopback"}, "cross the network in clear"),
        ({"JKN_SMTP_PORT": "smtp"}, "not a number"),
        ({"JKN_SMTP_AUTH": "ntlm"}, "use password or xoauth2"),
        ({"JKN_SMTP_AUTH": "xoauth2"}, "needs JKN_SMTP_TOKEN_URL"),
        ({"JKN_SMTP_PASSWORD": "kata–sandi"}, "outside ASCII"),
    ],
)
def test_settings_that_cannot_work_or_are_unsafe_are_refused(change, said):
    with pytest.raises(ConfigError, match=said) as caught:
        read_settings({**ENVIRONMENT, **change})
    assert "sandi" not in str(caught.value)


_CHILD = """
import sys, datetime as dt
from pathlib import Path
from pydantic import SecretStr
from jkn_analysis.delivery.ledger import open_ledger
from jkn_analysis.delivery.outbox import list_jobs, read_outbox
from jkn_analysis.delivery.server import SmtpSettings
from jkn_analysis.delivery.smtp import send_all
folder, port, ca = sys.argv[1:]
settings = SmtpSettings("localhost", int(port), "starttls", "jkn",
                        SecretStr("rahasia-uji"), ca)
now = lambda: dt.datetime(2025, 12, 1, tzinfo=dt.timezone.utc)
with open_ledger(Path(folder).parent / "ledger.sqlite", now=now) as ledger:
    send_all(list_jobs(read_outbox(Path(folder))), settings=settings, ledger=ledger,
             pause=lambda s: None)
"""


def test_kill_9_between_data_and_its_reply_sends_nothing_twice(sending, top):
    run = sending(Faults(hang=DINSOS))
    killed = threading.Event()
    settings = run.server.settings
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(run.folder), str(settings.port),
         settings.ca_file],
        cwd=top,
    )  # fmt: skip

    def kill():
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        killed.set()

    run.server.box.on_hang = kill
    assert killed.wait(60)
    run.server.box.faults.hang = ""
    results = {result.copy.alamat: result.status for result in run.send()}
    assert results[DINSOS] is Status.UNKNOWN
    assert run.received() == ALL
    assert run.told()[DINSOS] == "unknown"
    ids = [mid for _, mid in run.server.box.received()]
    assert max(Counter(run.server.box.received()).values()) == 1
    assert len(set(ids)) == 3
