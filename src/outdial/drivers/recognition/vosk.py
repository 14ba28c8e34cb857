"""vosk with the user's own models, a folder for each language. The library works in child processes; here is only what its
models must look like.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from outdial.drivers.recognition.streams import ChildStreams

WORKER = "outdial.drivers.recognition.vosk_worker"
"""The module that the child process runs."""


def vosk(models: Mapping[str, str], workers: int = 1) -> ChildStreams:
    """The `Engine`. Raises `ValueError` when a folder of `models`, which are by language, is no model of vosk's."""
    return ChildStreams("vosk", WORKER, {code: _checked(code, folder) for code, folder in models.items()}, workers)


def _checked(code: str, named: str) -> str:
    folder = Path(named).expanduser().absolute()
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder} (for {code!r}); unpack a model of vosk's there")
    # Models have been laid out in two ways.
    if (folder / "am" / "final.mdl").is_file():
        features = folder / "conf" / "mfcc.conf"
    elif (folder / "final.mdl").is_file():
        features = folder / "mfcc.conf"
    else:
        raise ValueError(f"{folder} (for {code!r}) is no model of vosk's: it has no am/final.mdl")
    # Telephone sound is 8 kHz; where a model is of 16 kHz and may not take less, the library refuses every piece of it.
    options = features.read_text(encoding="utf-8").split() if features.is_file() else []
    if "--sample-frequency=8000" not in options and "--allow-upsample=true" not in options:
        raise ValueError(
            f"the model {folder} (for {code!r}) refuses 8 kHz; add a line --allow-upsample=true to {features}"
        )
    return str(folder)
