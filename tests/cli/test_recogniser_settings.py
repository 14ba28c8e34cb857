"""Settings that cannot be used are refused with their name."""

from __future__ import annotations

import pytest

from outdial.settings import SettingsError, read


@pytest.mark.parametrize("name", ["vosk", "sherpa", "yandex"])
def test_a_recogniser_that_is_not_there_is_refused_by_name(name: str) -> None:
    with pytest.raises(SettingsError, match=f"OUTDIAL_RECOGNISER .*no driver for {name}"):
        read({"recogniser": name})


def test_the_recogniser_is_built_in_or_none() -> None:
    assert read({}).recogniser == "pocketsphinx"
    assert read({"recogniser": "none"}).recogniser == "none"
    with pytest.raises(SettingsError, match="OUTDIAL_RECOGNISER "):
        read({"recogniser": "somebody"})
