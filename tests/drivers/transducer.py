"""A streaming transducer for sherpa-onnx that is small enough to be written by hand: it tells three hums apart, whose
sound is at 500, 1200 and 2500 Hz, and calls them words. No model of people's speech can be had as a package; the library,
which makes features, runs the three graphs and searches for the tokens, does not know the difference.
"""

from __future__ import annotations

import math
from array import array
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WORDS = {"да": 500.0, "нет": 2500.0, "алло": 1200.0}
RATE = 8000
_BINS, _CHUNK, _TOKENS = 80, 16, 4
_IR_VERSION, _OPSET = 8, 13
_MARGIN = 2.0
"""How much louder, in nats, a word's band must be than the others'."""


def hum(hertz: float, seconds: float = 0.5) -> bytes:
    """A voice with all its sound around a frequency: overtones of 120 Hz, swelling and fading ten times a second."""
    samples = array("h")
    overtones = [120.0 * number for number in range(1, 30) if abs(120.0 * number - hertz) < 200]
    for at in range(round(seconds * RATE)):
        time = at / RATE
        swell = 0.6 + 0.4 * math.sin(2 * math.pi * 10 * time)
        samples.append(round(3000 * swell * sum(math.sin(2 * math.pi * each * time) for each in overtones)))
    return samples.tobytes()


def write(folder: Path) -> Path:
    """The model's files, in a folder."""
    tokens = ("<blk>", *(f"▁{word}" for word in WORDS))
    (folder / "tokens.txt").write_text("".join(f"{token} {at}\n" for at, token in enumerate(tokens)))
    _write_encoder(folder / "encoder-epoch-1.onnx")
    _write_decoder(folder / "decoder-epoch-1.onnx")
    _write_joiner(folder / "joiner-epoch-1.onnx")
    return folder


def _band(hertz: float) -> slice:
    """The features around a frequency, of those that the library makes of 16 kHz."""
    lowest, highest = (1127 * math.log(1 + edge / 700) for edge in (20.0, 7600.0))
    middle = (1127 * math.log(1 + hertz / 700) - lowest) / (highest - lowest) * (_BINS + 1) - 1
    return slice(round(middle) - 4, round(middle) + 5)


def _write_encoder(path: Path) -> None:
    """A chunk's mean features become scores of blank and of the words: how much louder a band is than the others are."""
    weights, bands = np.zeros((_BINS, _TOKENS), np.float32), list(map(_band, WORDS.values()))
    for token, own in enumerate(bands, 1):
        for band in bands:
            weights[band, token] += 1 / 9 if band == own else -1 / 9 / (len(bands) - 1)
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("MatMul", ["mean", "weights"], ["scores"]),
        helper.make_node("Add", ["scores", "bias"], ["encoder_out"]),
        helper.make_node("Identity", ["h"], ["new_h"]),
        helper.make_node("Identity", ["c"], ["new_c"]),
    ]
    bias = np.array([_MARGIN, 0, 0, 0], np.float32)
    inputs = {"x": ["N", _CHUNK, _BINS], "h": [1, "N", 1], "c": [1, "N", 1]}
    outputs = {"encoder_out": ["N", 1, _TOKENS], "new_h": [1, "N", 1], "new_c": [1, "N", 1]}
    settings = {"model_type": "lstm", "num_encoder_layers": 1, "T": _CHUNK, "decode_chunk_len": _CHUNK}
    settings |= {"rnn_hidden_size": 1, "d_model": 1}
    _save(path, nodes, inputs, outputs, {"weights": weights, "bias": bias}, settings)


def _write_decoder(path: Path) -> None:
    """A word is not said again right after itself: a hum is longer than a chunk."""
    against = np.diag(np.array([0, -100, -100, -100], np.float32))
    nodes = [
        helper.make_node("Gather", ["against", "y"], ["rows"], axis=0),
        helper.make_node("ReduceSum", ["rows", "axis"], ["decoder_out"], keepdims=0),
    ]
    kept = {"against": against, "axis": np.array([1], np.int64)}
    settings = {"vocab_size": _TOKENS, "context_size": 1}
    _save(path, nodes, {"y": ["N", 1]}, {"decoder_out": ["N", _TOKENS]}, kept, settings, whole={"y"})


def _write_joiner(path: Path) -> None:
    nodes = [helper.make_node("Add", ["encoder_out", "decoder_out"], ["logit"])]
    inputs = {"encoder_out": ["N", _TOKENS], "decoder_out": ["N", _TOKENS]}
    _save(path, nodes, inputs, {"logit": ["N", _TOKENS]}, {}, {"joiner_dim": _TOKENS})


def _save(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: dict[str, list[str | int]],
    outputs: dict[str, list[str | int]],
    kept: dict[str, np.ndarray],
    settings: dict[str, str | int],
    whole: set[str] = frozenset(),
) -> None:
    def values(shapes: dict[str, list[str | int]]) -> list[onnx.ValueInfoProto]:
        return [
            helper.make_tensor_value_info(name, TensorProto.INT64 if name in whole else TensorProto.FLOAT, shape)
            for name, shape in shapes.items()
        ]

    tensors = [numpy_helper.from_array(value, name) for name, value in kept.items()]
    graph = helper.make_graph(nodes, path.stem, values(inputs), values(outputs), tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    helper.set_model_props(model, {name: str(value) for name, value in settings.items()})
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
