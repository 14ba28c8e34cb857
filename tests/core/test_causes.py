"""Every outcome and code has a cause that callers of the interface know, and every cause its number and meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.causes import CauseLists, cause_of
from outdial.core.outcome import Outcome, outcome_of_refusal


@pytest.mark.parametrize(
    ("sip_code", "cause"),
    [
        (486, "USER_BUSY"),
        (600, "USER_BUSY"),
        (603, "CALL_REJECTED"),
        (607, "CALL_REJECTED"),
        (403, "CALL_REJECTED"),
        (404, "UNALLOCATED_NUMBER"),
        (410, "NUMBER_CHANGED"),
        (480, "NO_USER_RESPONSE"),
        (484, "INVALID_NUMBER_FORMAT"),
        (488, "INCOMPATIBLE_DESTINATION"),
        (408, "RECOVERY_ON_TIMER_EXPIRE"),
        (504, "RECOVERY_ON_TIMER_EXPIRE"),
        (500, "NORMAL_TEMPORARY_FAILURE"),
        (503, "NORMAL_TEMPORARY_FAILURE"),
        (502, "NETWORK_OUT_OF_ORDER"),
        (501, "SERVICE_NOT_IMPLEMENTED"),
        (599, "NORMAL_TEMPORARY_FAILURE"),
        (499, "NORMAL_UNSPECIFIED"),
    ],
)
def test_a_sip_status_has_freeswitchs_cause(sip_code, cause):
    assert cause_of(outcome_of_refusal(sip_code, 0), sip_code, 0) == cause


@pytest.mark.parametrize(
    ("q850", "cause"),
    [
        (1, "UNALLOCATED_NUMBER"),
        (17, "USER_BUSY"),
        (18, "NO_ANSWER"),
        (20, "SUBSCRIBER_ABSENT"),
        (21, "CALL_REJECTED"),
        (27, "DESTINATION_OUT_OF_ORDER"),
        (34, "NORMAL_CIRCUIT_CONGESTION"),
        (38, "NETWORK_OUT_OF_ORDER"),
        (16, "NORMAL_UNSPECIFIED"),
        (127, "INTERWORKING"),
        (0, "NORMAL_UNSPECIFIED"),
    ],
)
def test_without_a_status_the_q850_cause_decides(q850, cause):
    assert cause_of(outcome_of_refusal(0, q850), 0, q850) == cause


def test_the_status_is_believed_before_the_q850_cause():
    assert cause_of(Outcome.BUSY, 486, 21) == "USER_BUSY"


@pytest.mark.parametrize(("sip_code", "q850"), [(0, 0), (487, 0), (487, 16), (0, 18), (0, 19)])
def test_our_own_ring_limit_is_no_answer(sip_code, q850):
    assert cause_of(Outcome.NO_ANSWER, sip_code, q850) == "NO_ANSWER"


def test_outcomes_of_our_own_have_causes_too():
    assert cause_of(Outcome.ANSWERED, 0, 0) == "NORMAL_CLEARING"
    assert cause_of(Outcome.ANSWERED, 503, 41) == "NORMAL_CLEARING"
    assert cause_of(Outcome.NO_ROUTE, 0, 0) == "NO_ROUTE_DESTINATION"
    assert cause_of(Outcome.INTERRUPTED, 0, 0) == "PROCESS_CRASH"
    assert cause_of(Outcome.TRUNK_FAILED, 0, 0) == "NORMAL_TEMPORARY_FAILURE"


@given(st.sampled_from(Outcome), st.integers(-1, 1000), st.integers(-1, 900))
def test_only_an_answered_call_cleared_normally(outcome, sip_code, q850):
    assert (cause_of(outcome, sip_code, q850) == "NORMAL_CLEARING") == (outcome is Outcome.ANSWERED)


@pytest.mark.parametrize(
    ("cause", "number"),
    [
        ("UNALLOCATED_NUMBER", 1),
        ("NO_ROUTE_DESTINATION", 3),
        ("USER_BUSY", 17),
        ("NO_USER_RESPONSE", 18),
        ("NO_ANSWER", 19),
        ("SUBSCRIBER_ABSENT", 20),
        ("CALL_REJECTED", 21),
        ("NUMBER_CHANGED", 22),
        ("DESTINATION_OUT_OF_ORDER", 27),
        ("INVALID_NUMBER_FORMAT", 28),
        ("NORMAL_UNSPECIFIED", 31),
        ("NORMAL_CIRCUIT_CONGESTION", 34),
        ("NETWORK_OUT_OF_ORDER", 38),
        ("OUTGOING_CALL_BARRED", 52),
        ("SERVICE_UNAVAILABLE", 63),
        ("CHAN_NOT_IMPLEMENTED", 66),
        ("SERVICE_NOT_IMPLEMENTED", 79),
        ("INCOMPATIBLE_DESTINATION", 88),
        ("MANDATORY_IE_MISSING", 96),
        ("NORMAL_TEMPORARY_FAILURE", 41),
        ("RECOVERY_ON_TIMER_EXPIRE", 102),
    ],
)
def test_a_number_of_q850_alone_tells_the_cause(cause, number):
    assert cause_of(Outcome.FAILED, 0, number) == cause


def test_no_cause_is_in_two_of_the_default_lists():
    lists = CauseLists()
    assert [len(each) for each in (lists.ok, lists.retry, lists.error, lists.minus)] == [1, 13, 13, 2]
    assert len(lists.ok | lists.retry | lists.error | lists.minus) == 29


def test_own_lists_replace_the_default_as_a_whole():
    lists = CauseLists.custom(retry=["USER_BUSY"], error=["CALL_REJECTED"])
    assert lists.retry == {"USER_BUSY"}
    assert lists.error == {"CALL_REJECTED", "MAX_TRY_COUNT"}
    assert (lists.ok, lists.minus) == (CauseLists().ok, CauseLists().minus)
    assert CauseLists.custom() == CauseLists()
    assert CauseLists.custom(ok=[]).ok == frozenset()
