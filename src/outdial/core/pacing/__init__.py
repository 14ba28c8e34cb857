"""How many calls to place now. It sees the floor as numbers and decides; it never waits and never places anything."""

from outdial.core.pacing.floor import Floor, broadcast
from outdial.core.pacing.predictive import PredictiveParameters, WebitelPredictive, webitel_predictive
from outdial.core.pacing.ratio import FixedRatio, Progressive, fixed_ratio, progressive
from outdial.core.pacing.situation import Decision, Pacer, Situation

__all__ = [
    "Decision",
    "FixedRatio",
    "Floor",
    "Pacer",
    "PredictiveParameters",
    "Progressive",
    "Situation",
    "WebitelPredictive",
    "broadcast",
    "fixed_ratio",
    "progressive",
    "webitel_predictive",
]
