"""sherpa-onnx with the user's own streaming transducers, a folder for each language. The library works in child processes;
here is only which files of a folder are the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from outdial.drivers.recognition.streams import ChildStreams

WORKER = "outdial.drivers.recognition.sherpa_worker"
"""The module that the child process runs."""
_PARTS = ("encoder", "decoder", "joiner")


def sherpa(models: Mapping[str, str], workers: int = 1) -> ChildStreams:
    """The `Engine`. Raises `ValueError` when a folder of `models`, which are by language, has no streaming transducer."""
    return ChildStreams("sherpa", WORKER, {code: files_of(code, folder) for code, folder in models.items()}, workers)


def files_of(code: str, named: str) -> dict[str, str]:
    """The `folder` of a model and its files: `tokens`, `encoder`, `decoder`, `joiner`. Raises `ValueError`."""
    folder = Path(named).expanduser().absolute()
    if not folder.is_dir():
        raise ValueError(
            f"there is no folder {folder} (for {code!r}); unpack a streaming transducer of sherpa-onnx there"
        )
    found = {part: _part(folder, part) for part in _PARTS}
    tokens = folder / "tokens.txt"
    missing = [f"{part}*.onnx" for part, file in found.items() if file is None]
    if not tokens.is_file():
        missing.append("tokens.txt")
    if missing:
        raise ValueError(f"{folder} (for {code!r}) has no streaming transducer: it lacks {', '.join(missing)}")
    return {"folder": str(folder), "tokens": str(tokens)} | {part: str(file) for part, file in found.items()}


def _part(folder: Path, part: str) -> Path | None:
    """The file of a part; of several precisions the smaller, which is faster."""
    files = sorted(
        folder.glob(f"*{part}*.onnx"), key=lambda file: (".int8." not in file.name, len(file.name), file.name)
    )
    return files[0] if files else None
