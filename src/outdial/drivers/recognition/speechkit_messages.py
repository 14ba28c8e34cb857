"""The messages of SpeechKit's streaming recognition (speechkit.stt.v3), as far as they are used here: names and numbers of
their fields as the service publishes them. What is not named passes by unread.

protobuf makes classes of them when this is imported; no code is generated beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "speechkit.stt.v3"
METHOD = f"/{PACKAGE}.Recognizer/RecognizeStreaming"

LINEAR16_PCM = 1
WHITELIST = 1
NOT_NORMALISED = 2
REAL_TIME = 1
CLOSED = 3

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bytes": _Field.TYPE_BYTES,
    "double": _Field.TYPE_DOUBLE,
    "int64": _Field.TYPE_INT64,
    "string": _Field.TYPE_STRING,
    # An enumeration is an integer on the wire.
    "enum": _Field.TYPE_INT32,
}
# A field is its number and its type: a scalar, a message, or several of it; what follows a colon is the "one of" it is in.
MESSAGES: Mapping[str, Mapping[str, str]] = {
    "RawAudio": {"audio_encoding": "1 enum", "sample_rate_hertz": "2 int64", "audio_channel_count": "3 int64"},
    "AudioFormatOptions": {"raw_audio": "1 RawAudio: AudioFormat"},
    "TextNormalizationOptions": {"text_normalization": "1 enum"},
    "LanguageRestrictionOptions": {"restriction_type": "1 enum", "language_code": "2 several string"},
    "RecognitionModelOptions": {
        "model": "1 string",
        "audio_format": "2 AudioFormatOptions",
        "text_normalization": "3 TextNormalizationOptions",
        "language_restriction": "4 LanguageRestrictionOptions",
        "audio_processing_type": "5 enum",
    },
    "ExternalEouClassifier": {},
    "EouClassifierOptions": {"external_classifier": "2 ExternalEouClassifier: Classifier"},
    "StreamingOptions": {"recognition_model": "1 RecognitionModelOptions", "eou_classifier": "2 EouClassifierOptions"},
    "AudioChunk": {"data": "1 bytes"},
    "Eou": {},
    "StreamingRequest": {
        "session_options": "1 StreamingOptions: Event",
        "chunk": "2 AudioChunk: Event",
        "eou": "4 Eou: Event",
    },
    "Alternative": {"text": "2 string", "confidence": "5 double"},
    "AlternativeUpdate": {"alternatives": "1 several Alternative"},
    "EouUpdate": {"time_ms": "2 int64"},
    "StatusCode": {"code_type": "1 enum", "message": "2 string"},
    "StreamingResponse": {
        "partial": "4 AlternativeUpdate: Event",
        "final": "5 AlternativeUpdate: Event",
        "eou_update": "6 EouUpdate: Event",
        "status_code": "8 StatusCode: Event",
    },
}


def _classes() -> Mapping[str, type[Any]]:
    # A name of our own for the file and a pool of our own: the service's whole package may be in the same process.
    file = descriptor_pb2.FileDescriptorProto(name="outdial/speechkit.proto", package=PACKAGE, syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        unions: dict[str, int] = {}
        for field, form in fields.items():
            form, _, union = form.partition(": ")
            number, *several, kind = form.split()
            made = message.field.add(name=field, number=int(number))
            made.label = _Field.LABEL_REPEATED if several else _Field.LABEL_OPTIONAL
            made.type = _SCALARS.get(kind, _Field.TYPE_MESSAGE)
            if kind not in _SCALARS:
                made.type_name = f".{PACKAGE}.{kind}"
            if union:
                if union not in unions:
                    unions[union] = len(unions)
                    message.oneof_decl.add(name=union)
                made.oneof_index = unions[union]
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in MESSAGES}


_CLASSES = _classes()
StreamingRequest = _CLASSES["StreamingRequest"]
StreamingResponse = _CLASSES["StreamingResponse"]
