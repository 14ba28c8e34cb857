"""SMPP on the wire as carriers really write it: whatever comes in is a receipt that can be kept, or none."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.drivers.sms.pdus import NotSmpp, header_from, message_id_from, receipt_from
from outdial.ports import Receipt

RECEIPTED, STATE, PAYLOAD = 0x001E, 0x0427, 0x0424


def deliver_sm(text: bytes, *parameters: tuple[int, bytes], esm_class: int = 4) -> bytes:
    """The body of a `deliver_sm` (SMPP 3.4, 4.6.1)."""
    head = b"\0" + b"\1\1outdial\0" + b"\1\x0179160000001\0" + bytes((esm_class, 0, 0)) + b"\0" + b"\0" + bytes(4)
    tail = b"".join(struct.pack("!HH", tag, len(value)) + value for tag, value in parameters)
    return head + bytes((len(text),)) + text + tail


@pytest.mark.parametrize(
    ("body", "receipt"),
    [
        (deliver_sm(b"id:7f sub:001 dlvrd:001 stat:DELIVRD err:000 text:"), Receipt("7f", True)),
        (deliver_sm(b"ID:7F STAT:undeliv ERR:0A1"), Receipt("7F", False, "UNDELIV 0A1")),
        (deliver_sm(b"id:7 stat:EXPIRED err:000"), Receipt("7", False, "EXPIRED")),
        (deliver_sm(b"", (RECEIPTED, b"7\0"), (STATE, b"\2")), Receipt("7", True)),
        (deliver_sm(b"id:8 stat:UNDELIV", (RECEIPTED, b"7"), (STATE, b"\2")), Receipt("7", True)),
        (deliver_sm(b"", (0x1403, b"x"), (PAYLOAD, b"id:7 stat:REJECTD")), Receipt("7", False, "REJECTD")),
        (deliver_sm(b"id:7\0 stat:DELIVRD"), Receipt("7", True)),
        (deliver_sm(b"id:7 stat:UNDELIV err:1\0x"), Receipt("7", False, "UNDELIV 1")),
        (deliver_sm(b"", (RECEIPTED, b"7\0x\0"), (STATE, b"\2")), Receipt("7", True)),
        (deliver_sm(b"id:7 stat:ENROUTE"), None),
        (deliver_sm(b"stat:DELIVRD"), None),
        (deliver_sm(b"id:7 stat:DELIVRD", esm_class=0), None),
        (deliver_sm(b"id:7 stat:DELIVRD")[:20], None),
        (b"", None),
    ],
)
def test_what_a_carrier_says_of_a_message(body: bytes, receipt: Receipt | None) -> None:
    assert receipt_from(body) == receipt


@given(
    st.binary(max_size=200), st.lists(st.tuples(st.sampled_from([RECEIPTED, STATE, PAYLOAD]), st.binary(max_size=90)))
)
def test_whatever_comes_can_be_kept_or_is_no_receipt(text: bytes, parameters: list[tuple[int, bytes]]) -> None:
    body = deliver_sm(text, *parameters)
    for receipt in (receipt_from(body), receipt_from(text), receipt_from(body[: len(text)])):
        assert receipt is None or (receipt.message_id and "\0" not in receipt.message_id + receipt.error)


def test_an_id_ends_with_its_nul_and_a_header_has_a_length_that_can_be() -> None:
    assert (message_id_from(b"abc\0def"), message_id_from(b"abc"), message_id_from(b"")) == ("abc", "abc", "")
    for length in (15, 64 * 1024 + 1, 0xFFFFFFFF):
        with pytest.raises(NotSmpp):
            header_from(struct.pack("!IIII", length, 5, 0, 1))
