"""Every code of the network has an outcome, the SIP status is believed first, and only what can differ the next time is
tried again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.campaign import CampaignSettings, CampaignState
from outdial.core.outcome import Outcome, outcome_of_refusal, sip_phrase
from outdial.core.retry import INTERRUPTED_REST_SECONDS, RetryRule, seconds_to_next_try

NEVER_DIALLED = {Outcome.NO_ROUTE, Outcome.NO_SCRIPT, Outcome.ANOTHER_NUMBER, Outcome.WITHDRAWN, Outcome.BLOCKED}
OURS = {
    *(Outcome.ANSWERED, Outcome.MACHINE, Outcome.AGENT_UNREACHED, Outcome.CANCELLED, Outcome.INTERRUPTED),
    Outcome.EXPIRED,
    *NEVER_DIALLED,
}
"""Outcomes that no code of the network can mean."""


@pytest.mark.parametrize(
    ("sip_code", "outcome"),
    [
        (486, Outcome.BUSY),
        (600, Outcome.BUSY),
        (603, Outcome.REJECTED),
        (607, Outcome.REJECTED),
        (404, Outcome.INVALID_NUMBER),
        (484, Outcome.INVALID_NUMBER),
        (604, Outcome.INVALID_NUMBER),
        (480, Outcome.UNAVAILABLE),
        (487, Outcome.NO_ANSWER),
        (488, Outcome.TRUNK_FAILED),
        (500, Outcome.TRUNK_FAILED),
        (503, Outcome.TRUNK_FAILED),
        (599, Outcome.TRUNK_FAILED),
    ],
)
@pytest.mark.parametrize("q850_cause", [0, 16, 17, 127])
def test_the_sip_status_decides_whatever_the_cause_says(sip_code, outcome, q850_cause):
    assert outcome_of_refusal(sip_code, q850_cause) is outcome


@pytest.mark.parametrize(
    ("q850_cause", "outcome"),
    [
        (1, Outcome.INVALID_NUMBER),
        (17, Outcome.BUSY),
        (18, Outcome.NO_ANSWER),
        (19, Outcome.NO_ANSWER),
        (20, Outcome.UNAVAILABLE),
        (21, Outcome.REJECTED),
        (28, Outcome.INVALID_NUMBER),
        (34, Outcome.TRUNK_FAILED),
        (38, Outcome.TRUNK_FAILED),
        (16, Outcome.FAILED),
        (127, Outcome.FAILED),
        (0, Outcome.FAILED),
    ],
)
@pytest.mark.parametrize("sip_code", [0, 200, 499])
def test_without_a_telling_status_the_cause_decides(sip_code, q850_cause, outcome):
    assert outcome_of_refusal(sip_code, q850_cause) is outcome


@given(st.integers(-1, 1000), st.integers(-1, 200))
def test_any_codes_mean_an_outcome_that_the_network_can_give(sip_code, q850_cause):
    assert outcome_of_refusal(sip_code, q850_cause) not in OURS


def test_the_network_can_give_every_outcome_that_is_not_ours():
    given_by_network = {outcome_of_refusal(sip, 0) for sip in range(700)} | {
        outcome_of_refusal(0, q) for q in range(128)
    }
    assert given_by_network == set(Outcome) - OURS


def test_every_status_that_alone_decides_has_its_phrase():
    deciding = [code for code in range(300, 700) if outcome_of_refusal(code, 0) is not Outcome.FAILED]
    assert [code for code in deciding if code not in range(500, 600) and not sip_phrase(code)] == []
    assert (sip_phrase(486), sip_phrase(503), sip_phrase(0)) == ("Busy Here", "Service Unavailable", "")


# ---------------------------------------------------------------------------------------------------- retry

RULES = st.builds(RetryRule, st.integers(0, 5), st.floats(0, 7200))


@given(RULES, st.sampled_from(Outcome), st.integers(0, 6))
def test_a_contact_that_was_reached_is_left_alone(rule, outcome, made):
    assert seconds_to_next_try(rule, outcome, made, succeeded=True) is None


@given(RULES, st.sampled_from(Outcome), st.integers(0, 6))
def test_no_contact_is_tried_more_often_than_its_rule_says(rule, outcome, made):
    again = seconds_to_next_try(rule, outcome, made, succeeded=False)
    assert (again is None) == (made >= rule.attempts or outcome in NEVER_DIALLED)
    assert again is None or again >= rule.interval_seconds


@given(RULES, st.sampled_from(Outcome), st.integers(0, 6), st.booleans())
def test_until_a_signal_comes_a_success_ends_nothing(rule, outcome, made, succeeded):
    patient = replace(rule, until_signal=True)
    again = seconds_to_next_try(rule, outcome, made, succeeded=False)
    assert seconds_to_next_try(patient, outcome, made, succeeded) == again


def test_an_answered_call_that_missed_its_goal_is_tried_again():
    assert seconds_to_next_try(RetryRule(2, 300.0), Outcome.ANSWERED, 1, succeeded=False) == 300.0


@pytest.mark.parametrize(("interval", "rest"), [(5.0, INTERRUPTED_REST_SECONDS), (7200.0, 7200.0)])
def test_an_attempt_of_unknown_fate_rests_for_its_safety_time(interval, rest):
    assert seconds_to_next_try(RetryRule(3, interval), Outcome.INTERRUPTED, 1, succeeded=False) == rest


def test_a_campaign_that_says_nothing_tries_each_contact_once():
    settings = CampaignSettings(name=None, state=CampaignState.RUNNING, script=None, lines=1, calls_per_second=0.0)
    assert seconds_to_next_try(settings.retry, Outcome.BUSY, 1, succeeded=False) is None
    assert settings.wire == {}
