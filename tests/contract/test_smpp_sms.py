"""The suite of carriers of SMS over SMPP, with a carrier that somebody else wrote; and what only SMPP has."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from contract.sms import SECONDS, CarrierOfSms, Office, Play, at_work, part
from outdial.core.sms import split
from outdial.drivers.sms import carrier as carrier_module
from outdial.drivers.sms.carrier import SmppSms, address_from
from outdial.ports import Accepted, Postponed, Refused, SmsPart, Unheard
from smsc.fetch import ensure
from smsc.smsc import Smsc


@pytest.fixture
def smsc(smsc_of_session: Smsc) -> Iterator[Smsc]:
    yield smsc_of_session
    smsc_of_session.ask(letIn=True, busy=False)


@pytest.fixture
def play(smsc: Smsc, monkeypatch: pytest.MonkeyPatch) -> Play:
    monkeypatch.setattr(carrier_module, "FIRST_WAIT_SECONDS", 0.01)

    def played(story: Callable[[Office], Coroutine[None, None, None]]) -> None:
        asyncio.run(at_work(SmppSms(address_from(smsc.url, "Outdial")), story))

    return played


class TestSmpp(CarrierOfSms):
    pass


def test_a_long_text_arrives_in_parts_that_belong_together(play: Play, smsc: Smsc) -> None:
    text = "Уважаемый клиент! " * 10
    texts = split(text)

    async def story(office: Office) -> None:
        for place, words in enumerate(texts, 1):
            wanted = SmsPart(digits="70000100911", text=words, gsm=False, place=place, of=len(texts), reference=171)
            assert isinstance(await office.carrier.submit(wanted), Accepted)

    play(story)
    taken = smsc.seen("taken", "70000100911")
    assert "".join(one["text"] for one in taken) == text
    # 3GPP TS 23.040, 9.2.3.24.1, after its length: concatenated, 3 bytes, reference, how many, which
    assert [one["head"] for one in taken] == [f"0003ab{len(texts):02x}{place:02x}" for place in (1, 2, 3)]
    assert {one["coding"] for one in taken} == {8}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (912, "It costs 5 € [net] ~ {all}"),
        (913, "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ ÄÖÑÜ§¿äöñüà"),
        (914, "Привет, мир 😀"),
    ],
)
def test_every_character_arrives(play: Play, smsc: Smsc, number: int, text: str) -> None:
    digits = f"700001{number:05}"

    async def story(office: Office) -> None:
        assert isinstance(await office.carrier.submit(part(digits, text)), Accepted)

    play(story)
    (taken,) = smsc.seen("taken", digits)
    assert taken["text"] == text
    assert taken["coding"] == (8 if "П" in text else 0)
    assert (taken["from"], taken["from_ton"], taken["to_ton"], taken["receipt"]) == ("Outdial", 5, 1, 1)


def test_a_status_that_nobody_specified_is_a_refusal_and_ends_nothing(play: Play) -> None:
    async def story(office: Office) -> None:
        assert await office.carrier.submit(part("70001800000")) == Refused("status 0x00000451")
        assert isinstance(await office.carrier.submit(part("70000100915")), Accepted)

    play(story)


def test_a_receipt_may_come_before_the_answer(play: Play) -> None:
    async def story(office: Office) -> None:
        answer = await office.carrier.submit(part("70001900000"))
        assert isinstance(answer, Accepted)
        assert (await office.receipt_of(answer.message_id)).delivered

    play(story)


def test_what_was_on_its_way_when_the_carrier_went_is_unheard_and_the_next_is_taken(play: Play, smsc: Smsc) -> None:
    async def story(office: Office) -> None:
        async with asyncio.TaskGroup() as group:
            on_its_way = group.create_task(office.carrier.submit(part("70002000001")))
            taken = asyncio.to_thread(smsc.wait, lambda: smsc.events("taken", "70002000001"), "it arrives")
            await taken
            await asyncio.to_thread(smsc.ask, drop=True)
        assert isinstance(on_its_way.result(), Unheard)
        await _there(office)
        assert isinstance(await office.carrier.submit(part("70000100916")), Accepted)

    play(story)
    assert len(smsc.seen("taken", "70002000001")) == 1


def test_a_carrier_that_ends_the_session_is_gone_back_to(play: Play, smsc: Smsc) -> None:
    async def story(office: Office) -> None:
        before = len(smsc.seen("bound"))
        await asyncio.to_thread(smsc.ask, unbind=True)
        await asyncio.to_thread(smsc.wait, lambda: len(smsc.events("bound")) > before, "it is bound again")
        await _there(office)
        assert isinstance(await office.carrier.submit(part("70000100917")), Accepted)

    play(story)


def test_whoever_was_let_in_says_that_it_leaves(play: Play, smsc: Smsc) -> None:
    async def story(office: Office) -> None:
        assert isinstance(await office.carrier.submit(part("70000100919")), Accepted)

    before = len(smsc.seen("unbound"))
    play(story)
    smsc.wait(lambda: len(smsc.events("unbound")) > before, "it says that it leaves")


def test_while_nobody_lets_us_in_parts_are_postponed(play: Play, smsc: Smsc) -> None:
    async def story(office: Office) -> None:
        before = len(smsc.seen("shut out"))
        await asyncio.to_thread(smsc.ask, letIn=False, drop=True)
        await asyncio.to_thread(smsc.wait, lambda: len(smsc.events("shut out")) > before + 1, "it is tried twice")
        assert not office.carrier.ready
        assert isinstance(await office.carrier.submit(part("70000100918")), Postponed)
        await asyncio.to_thread(smsc.ask, letIn=True)
        await _there(office)
        assert isinstance(await office.carrier.submit(part("70000100918")), Accepted)

    play(story)
    assert len(smsc.seen("taken", "70000100918")) == 1


@pytest.mark.parametrize(
    "url",
    [
        "smpp://host:2775",
        "smpp://id:secret@",
        "http://id:secret@host",
        "smpp://id:longer-than-eight@host",
        "smpp://an-id-of-more-than-fifteen:pw@host",
        "smpp://id:pw@host/path",
        "smpp://id:пароль@host",
        "smpp://id:pw@host:port",
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match=r"smpp://|SMPP|ASCII|[Pp]ort") as refused:
        address_from(url)
    assert "longer-than-eight" not in str(refused.value)


@pytest.mark.parametrize("source", ["TwelveLetters", "Имя"])
def test_names_that_nobody_can_be_from(source: str) -> None:
    with pytest.raises(ValueError, match="11 ASCII"):
        address_from("smpp://id:pw@host", source)


def test_an_address_has_the_usual_ports() -> None:
    assert address_from("smpp://id:pw@host").port == 2775
    secure: Any = address_from("smpps://id:pw@host")
    assert (secure.port, secure.tls) == (3550, True)


def _self_signed(folder: Path) -> None:
    """A key and a certificate of 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "carrier")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(private)
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))


def test_over_tls_a_carrier_is_known_by_its_certificate(tmp_path: Path) -> None:
    _self_signed(tmp_path)
    with Smsc(*ensure(), tmp_path) as smsc:
        address = address_from(smsc.url)

        async def story(office: Office) -> None:
            assert isinstance(await office.carrier.submit(part("70000100921")), Accepted)

        trusting = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        asyncio.run(at_work(SmppSms(address, trusting), story))
        assert len(smsc.seen("taken", "70000100921")) == 1

        async def stranger() -> None:
            with pytest.raises(ssl.SSLCertVerificationError):
                await SmppSms(address)._one_session(Office(SmppSms(address)).take)

        asyncio.run(stranger())
        assert not smsc.seen("shut out")


async def _there(office: Office) -> None:
    async with asyncio.timeout(SECONDS):
        while not office.carrier.ready:  # noqa: ASYNC110 - a carrier says whether it is there, not when
            await asyncio.sleep(0)
