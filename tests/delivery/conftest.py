"""A real SMTP server on loopback with TLS, login and faults; its certificates."""

from __future__ import annotations

import base64
import datetime as dt
import ssl
import warnings
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from jkn_analysis.briefing.model import Rapat
from jkn_analysis.delivery.message import Attachment, Sender, build_body
from jkn_analysis.delivery.outbox import write_messages
from jkn_analysis.delivery.server import SmtpSettings
from tests.unit.letters import make_letter

NOW = dt.datetime(2025, 12, 1, 8, 0, tzinfo=dt.UTC)
USER, PASSWORD = "jkn", "rahasia-uji"
SENDER = Sender("Tim Analisis JKN <jkn@contoh.invalid>", "jkn@contoh.invalid")


def _name(common):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(subject, key, issuer, issuer_key, *, days, extensions):
    """Sign one certificate that is valid from ten days ago for `days` days."""
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=10)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=days))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key, hashes.SHA256())


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the test and what it signed."""

    folder: object
    ca_file: str

    def context(self, kind):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{kind}.pem", self.folder / "key.pem")
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """Make an authority and certificates: good, wrong_name, expired."""
    folder = tmp_path_factory.mktemp("tls")
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True,
        content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    identifier = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    root = _certificate(
        "Uji CA", root_key, "Uji CA", root_key, days=100,
        extensions=[
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (usage, True),
            (identifier, False),
        ],
    )  # fmt: skip
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(
        root_key.public_key()
    )
    for kind, host, days in (
        ("good", "localhost", 100),
        ("wrong_name", "mail.lain.invalid", 100),
        ("expired", "localhost", 5),
    ):
        made = _certificate(
            host, key, "Uji CA", root_key, days=days,
            extensions=[
                (x509.SubjectAlternativeName([x509.DNSName(host)]), False),
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
                (issued_by, False),
            ],
        )  # fmt: skip
        (folder / f"{kind}.pem").write_bytes(
            made.public_bytes(serialization.Encoding.PEM)
        )
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    return Authority(folder, str(ca_file))


@dataclass
class Faults:
    """What the server does wrong, each used up once per listed item."""

    greet_421: int = 0
    mail: list[str] = field(default_factory=list)
    rcpt: dict[str, list[str]] = field(default_factory=dict)
    data: dict[str, list[str]] = field(default_factory=dict)
    """Per address: a reply, or drop_before / drop_after acceptance."""
    hang: str = ""
    """Address at which the server accepts the data and then never answers."""


class Mailbox:
    """Keeps what was accepted; misbehaves as told."""

    def __init__(self, faults):
        self.faults = faults
        self.accepted = []
        self.connections = 0
        self.logins = 0
        self.bearers = []
        self.on_hang = None

    async def auth_XOAUTH2(self, server, args):  # noqa: N802 - aiosmtpd's name
        said = base64.b64decode(args[1]).decode()
        self.bearers.append(said)
        ok = "auth=Bearer tkn-1" in said
        return AuthResult(success=ok, handled=False)

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        reply = self.faults.mail.pop(0) if self.faults.mail else "250 OK"
        if not reply.startswith("250"):
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        replies = self.faults.rcpt.get(address)
        if replies:
            reply = replies.pop(0)
            if reply == "drop":
                server.transport.abort()
                return "250 OK"
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        address = envelope.rcpt_tos[0]
        faults = self.faults.data.get(address)
        fault = faults.pop(0) if faults else ""
        if fault and not fault.startswith("drop"):
            return fault
        if fault != "drop_before":
            self.accepted.append((address, envelope.content))
        if address == self.faults.hang:
            self.on_hang()
        if fault:
            server.transport.abort()
        return "250 OK queued"

    def received(self):
        """Return (address, Message-ID) of every accepted message."""
        return [
            (address, message_from_bytes(raw, policy=default)["Message-ID"])
            for address, raw in self.accepted
        ]


class _Smtp(SMTP):
    def connection_made(self, transport):
        box = self.event_handler
        if not self._over_ssl:
            box.connections += 1
        if box.faults.greet_421 > 0:
            box.faults.greet_421 -= 1
            transport.write(b"421 4.3.2 busy\r\n")
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, error):
        if self.session is not None:
            super().connection_lost(error)


class _Controller(Controller):
    def factory(self):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Requiring AUTH")
            return _Smtp(self.handler, **self.SMTP_kwargs)


@dataclass
class Server:
    """The running server, what it received and how to reach it."""

    box: Mailbox
    settings: SmtpSettings


@pytest.fixture
def serve(authority, unused_tcp_port_factory):
    """Start servers; stop them at the end."""
    from pydantic import SecretStr

    running = []

    def start(faults=None, *, certificate="good", security="starttls", ca=True):
        box = Mailbox(Faults())
        context = authority.context(certificate)

        def authenticate(server, session, envelope, mechanism, data):
            box.logins += 1
            ok = data.login == USER.encode() and data.password == PASSWORD.encode()
            return AuthResult(success=ok, handled=ok)

        options = {
            "starttls": {"tls_context": context, "require_starttls": True},
            "smtps": {"ssl_context": context},
            "bare": {},
        }[security]
        login = {} if security == "bare" else {
            "authenticator": authenticate,
            "auth_required": True,
            "auth_require_tls": security == "starttls",
        }  # fmt: skip
        port = unused_tcp_port_factory()
        controller = _Controller(
            box, hostname="127.0.0.1", port=port, **options, **login
        )
        controller.start()
        running.append(controller)
        box.faults, box.connections = faults or Faults(), 0
        way = "starttls" if security == "bare" else security
        ca_file = authority.ca_file if ca else ""
        settings = SmtpSettings(
            "localhost", port, way, USER, SecretStr(PASSWORD), ca_file
        )
        return Server(box, settings)

    yield start
    for controller in running:
        controller.stop(no_assert=True)


@pytest.fixture
def unused_tcp_port_factory():
    """Return a function that finds a free port."""
    import socket

    def find():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    return find


@pytest.fixture
def meeting():
    return Rapat(
        "R-8271-2025-12", "82.71", dt.date(2025, 12, 5), "09.00", "WIT",
        "Forum Kemitraan", "Aula",
    )  # fmt: skip


@pytest.fixture
def make_content(meeting):
    """Build a small mail content; fields may be replaced."""

    def make(**changes):
        values = {
            "judul": "Keaktifan 78,4%: kurang 3.301 jiwa",
            "pokok": "keaktifan 78,4%, kurang 3.301 jiwa",
            "meeting": meeting,
            "attachments": (Attachment("laporan.html", "text/html", b"<p>isi</p>"),),
        }
        return make_letter(**{**values, **changes})

    return make


@pytest.fixture
def outbox(tmp_path, make_content):
    """Compose messages for three offices into an outbox; return its folder."""

    def compose(offices=None, **changes):
        offices = offices or {
            "Sekretariat Daerah": ("sekda@contoh.invalid",),
            "Dinas Sosial": ("dinsos@contoh.invalid", "dinsos2@contoh.invalid"),
            "BPKAD": ("bpkad@contoh.invalid",),
        }
        folder = tmp_path / "outbox"
        body = build_body(make_content(**changes), SENDER)
        bodies = dict.fromkeys(offices, body)
        write_messages(bodies, offices, sender=SENDER, tanggal=NOW, outbox=folder)
        return folder

    return compose
