"""How many calls to place now. It sees the floor as numbers and decides; it never waits and never places anything.

A campaign's pacer comes from `pacer`. One that is a `Listener` is told what calls and agents do; one that is a `Learner` is
asked now and then what to store:

>>> chosen = pacer(DEFAULT_PACER, ChoiceParameters(), learnt=None)
>>> tell(chosen, [AgentState("100", AgentIs.FREE, at=0.0), AgentState("101", AgentIs.FREE, at=0.0)])
>>> situation = Situation(lines=9, active=0, members_due=9, agents_available=2, agents_logged_in=2)
>>> chosen.decide(situation, now=0.5).launch
2
>>> tell(chosen, [Launched("c1", at=0.6), Launched("c2", at=0.6), Ended("c2", at=3.0, how=Ending.BUSY)])
>>> tell(chosen, [Answered("c1", at=9.0), Joined("c1", "100", at=9.4)])
"""

from outdial.core.pacing.adaptive import Adapt, Adaptive, AdaptiveParameters
from outdial.core.pacing.choices import (
    DEFAULT_PACER,
    ChoiceParameters,
    Learner,
    Listener,
    PacerName,
    Resting,
    pacer,
    rests,
    tell,
)
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
from outdial.core.pacing.situation import Decision, Figures, Ground, Pacer, Situation

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
    "Ground",
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
    "Resting",
    "Ringing",
    "Situation",
    "WebitelPredictive",
    "broadcast",
    "fixed_ratio",
    "pacer",
    "progressive",
    "rests",
    "tell",
    "webitel_predictive",
]
