"""SMPP 3.4 on the wire: what we say is built by aiosmpplib, what we hear is read here.

A carrier may answer with a status of its own, send parameters that no specification knows, or write dates in a receipt as it
likes; none of that may end a session, so of what comes in only what is needed is read, and nothing is taken for granted.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from aiosmpplib import (
    NPI,
    TON,
    BindTransceiver,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GSM7BitCodec,
    PhoneNumber,
    SmppCommand,
    SmppCommandStatus,
    SubmitSm,
    UCS2Codec,
    Unbind,
    UnbindResp,
)

from outdial.ports import Receipt, SmsPart

HEADER_BYTES = 16
LONGEST_PDU_BYTES = 64 * 1024
OK = int(SmppCommandStatus.ESME_ROK)
THROTTLED = frozenset({int(SmppCommandStatus.ESME_RTHROTTLED), int(SmppCommandStatus.ESME_RMSGQFUL)})
"""Too fast, or its queue is full: the message was not taken, and may be later."""
ANSWER = 0x80000000
"""The bit of a command that answers another one."""

_GSM, _UCS2 = "gsm0338", "ucs2"
_JOINED = 0b01000000
"""esm_class: the text begins with a header that says which part of what it is (3GPP TS 23.040, 9.2.3.24.1)."""
_RECEIPT_MASK, _IS_RECEIPT = 0b00111100, 0b00000100
_RECEIPTED_MESSAGE_ID, _MESSAGE_STATE, _MESSAGE_PAYLOAD = 0x001E, 0x0427, 0x0424
_STATES = {2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 8: "REJECTD"}
_DELIVERED = "DELIVRD"
_FINAL = frozenset(_STATES.values())
_FIELD = re.compile(r"\b(id|stat|err):([^\s\0]+)", re.IGNORECASE)
_ALPHANUMERIC = re.compile(r".*[^0-9].*")


class NotSmpp(Exception):
    """What came in cannot be the beginning of a PDU; nothing that follows can be read."""


@dataclass(frozen=True, slots=True)
class Header:
    """How long a PDU is, with this header, and what it is."""

    length: int
    command: int
    status: int
    sequence: int


def header_from(data: bytes) -> Header:
    """The header of a PDU. Raises `NotSmpp`."""
    header = Header(*struct.unpack("!IIII", data))
    if not HEADER_BYTES <= header.length <= LONGEST_PDU_BYTES:
        raise NotSmpp(f"a PDU of {header.length} bytes")
    return header


# ------------------------------------------------------------------------------------------------------- what we say


def bind(sequence: int, system_id: str, password: str, system_type: str) -> bytes:
    """Ask to send and to receive."""
    request = BindTransceiver(sequence_num=sequence, system_id=system_id, password=password, system_type=system_type)
    return bytes(request.pdu())


def submit(sequence: int, source: str, part: SmsPart) -> bytes:
    """Hand a part over, and ask to be told what becomes of it."""
    codec = GSM7BitCodec if part.gsm else UCS2Codec
    body: bytes = codec.get_codec_info().encode(part.text)[0]
    message = SubmitSm(
        sequence_num=sequence,
        short_message=part.text or " ",
        source=sender(source),
        destination=PhoneNumber(part.digits, TON.INTERNATIONAL, NPI.ISDN),
        encoding=_GSM if part.gsm else _UCS2,
        esm_class=_JOINED if part.of > 1 else 0,
        registered_delivery=1,
    )
    head = bytes((5, 0, 3, part.reference, part.of, part.place)) if part.of > 1 else b""
    message.set_encoded_message(head + body)
    return bytes(message.pdu())


def sender(source: str) -> PhoneNumber:
    """Whom an SMS is from: a name, a short number or a number; empty: the carrier knows. Raises `ValueError`."""
    if not source:
        return PhoneNumber("", TON.UNKNOWN, NPI.UNKNOWN)
    if _ALPHANUMERIC.match(source):
        if len(source) > 11 or not source.isascii() or not source.isprintable():
            raise ValueError("a name of at most 11 ASCII characters, or a number of digits")
        return PhoneNumber(source, TON.ALPHANUMERIC, NPI.UNKNOWN)
    kind = TON.INTERNATIONAL if len(source) > 6 else TON.NETWORK_SPECIFIC
    return PhoneNumber(source, kind, NPI.ISDN)


def enquire_link(sequence: int) -> bytes:
    """Ask whether anybody is there."""
    return bytes(EnquireLink(sequence_num=sequence).pdu())


def unbind(sequence: int) -> bytes:
    """Say that we leave."""
    return bytes(Unbind(sequence_num=sequence).pdu())


def answer(header: Header, *, taken: bool = True) -> bytes | None:
    """The answer to a request of the carrier; None: it is none that anybody answers. A message that was not taken may be
    told again."""
    match header.command:
        case SmppCommand.ENQUIRE_LINK:
            return bytes(EnquireLinkResp(sequence_num=header.sequence).pdu())
        case SmppCommand.UNBIND:
            return bytes(UnbindResp(sequence_num=header.sequence).pdu())
        case SmppCommand.DELIVER_SM:
            status = SmppCommandStatus.ESME_ROK if taken else SmppCommandStatus.ESME_RX_T_APPN
            return bytes(DeliverSmResp(sequence_num=header.sequence, command_status=status).pdu())
        case _ if header.command & ANSWER:
            return None
        case _:
            code = int(SmppCommandStatus.ESME_RINVCMDID)
            return struct.pack("!IIII", HEADER_BYTES, int(SmppCommand.GENERIC_NACK), code, header.sequence)


# ------------------------------------------------------------------------------------------------------ what we hear


def status_name(status: int) -> str:
    """What a status is called; one of the carrier's own is a number."""
    try:
        return str(SmppCommandStatus(status).name)
    except ValueError:
        return f"status 0x{status:08x}"


def message_id_from(body: bytes) -> str:
    """The id that the answer to a message begins with, or a receipt's parameter: it ends with its NUL."""
    return body.partition(b"\0")[0].decode("ascii", "replace")


def receipt_from(body: bytes) -> Receipt | None:
    """What a `deliver_sm` says of a message of ours; None: it is an SMS of somebody, says that a message is still on its
    way, or cannot be read."""
    try:
        esm_class, text, parameters = _deliver_sm(body)
    except (struct.error, IndexError, ValueError):
        return None
    if esm_class & _RECEIPT_MASK != _IS_RECEIPT:
        return None
    text = text or parameters.get(_MESSAGE_PAYLOAD, b"")
    fields = {name.lower(): value for name, value in _FIELD.findall(text.decode("latin-1"))}
    message_id = message_id_from(parameters.get(_RECEIPTED_MESSAGE_ID, b"")) or fields.get("id", "")
    stat = _STATES.get(parameters.get(_MESSAGE_STATE, b"\0")[0], "") or fields.get("stat", "").upper()
    if not message_id or stat not in _FINAL:
        return None
    if stat == _DELIVERED:
        return Receipt(message_id, delivered=True)
    error = fields.get("err", "").strip("0")
    return Receipt(message_id, delivered=False, error=f"{stat} {fields['err']}" if error else stat)


def _deliver_sm(body: bytes) -> tuple[int, bytes, dict[int, bytes]]:
    """The esm_class, the text as it came, and the optional parameters by their tags."""
    at = _after_text(body, 0)  # service_type
    at = _after_text(body, at + 2)  # source, after its TON and NPI
    at = _after_text(body, at + 2)  # destination
    esm_class = body[at]
    at = _after_text(body, at + 3)  # schedule_delivery_time, after protocol_id and priority_flag
    at = _after_text(body, at)  # validity_period
    length = body[at + 4]  # after registered_delivery, replace_if_present, data_coding, sm_default_msg_id
    at += 5
    text = body[at : at + length]
    at += length
    parameters: dict[int, bytes] = {}
    while at + 4 <= len(body):
        tag, size = struct.unpack_from("!HH", body, at)
        parameters[tag] = body[at + 4 : at + 4 + size] or b"\0"
        at += 4 + size
    return esm_class, text, parameters


def _after_text(body: bytes, at: int) -> int:
    return body.index(0, at) + 1
