"""How many calls to place now. It sees the floor as numbers and decides; it never waits and never places anything."""

from outdial.core.pacing.adaptive import Adapt, Adaptive, AdaptiveParameters
from outdial.core.pacing.choices import DEFAULT_PACER, ChoiceParameters, Learner, Listener, PacerName, pacer, tell
from outdial.core.pacing.events import (
    Abandoned,
    AgentGone,
    AgentIs,
    AgentState,
    Answered,
    Ended,
    Ending,
    Joined,
    Launched,
    PacingEvent,
    Ringing,
)
from outdial.core.pacing.floor import Floor, broadcast
from outdial.core.pacing.marginal import MarginalParameters, MarginalPricing
from outdial.core.pacing.predictive import PredictiveParameters, WebitelPredictive, webitel_predictive
from outdial.core.pacing.ratio import FixedRatio, Progressive, fixed_ratio, progressive
from outdial.core.pacing.situation import Decision, Figures, Pacer, Situation

__all__ = [
    "DEFAULT_PACER",
    "Abandoned",
    "Adapt",
    "Adaptive",
    "AdaptiveParameters",
    "AgentGone",
    "AgentIs",
    "AgentState",
    "Answered",
    "ChoiceParameters",
    "Decision",
    "Ended",
    "Ending",
    "Figures",
    "FixedRatio",
    "Floor",
    "Joined",
    "Launched",
    "Learner",
    "Listener",
    "MarginalParameters",
    "MarginalPricing",
    "Pacer",
    "PacerName",
    "PacingEvent",
    "PredictiveParameters",
    "Progressive",
    "Ringing",
    "Situation",
    "WebitelPredictive",
    "broadcast",
    "fixed_ratio",
    "pacer",
    "progressive",
    "tell",
    "webitel_predictive",
]
