"""What the engine counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

ATTEMPTS = Counter("outdial_attempts", "Attempts that ended, by outcome.", ["outcome"])
CALLS = Gauge("outdial_calls", "Calls in progress.")
ANSWERS = Counter("outdial_answers", "Answers recorded.")
FAULTS = Counter("outdial_faults", "Faults of ours or of what we depend on, by kind.", ["kind"])
OFFERS = Counter(
    "outdial_agent_offers", "Calls offered to agents that are over, by how they ended for the agent.", ["offer"]
)
BLOCKED = Gauge("outdial_campaigns_waiting", "Running campaigns that place no call now, by reason.", ["reason"])
PACING = Gauge(
    "outdial_pacing",
    "What the pacer of a campaign that dials ahead of its agents sees and decides, by figure.",
    ["campaign", "figure"],
)
DECISIONS = Counter(
    "outdial_pacing_decisions",
    "Decisions of the pacer of a campaign that dials ahead of its agents, by their ground.",
    ["campaign", "ground"],
)
FIRST_PROMPT = Histogram(
    "outdial_answer_to_prompt_seconds",
    "From hearing that a call was answered to telling the switch to play the first prompt.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
)
SMS = Counter("outdial_sms_parts", "Parts of SMS, by what the carrier said to them and of them.", ["result"])
ASSISTANT_FIRST_WORDS = Histogram(
    "outdial_assistant_first_words_seconds",
    "From asking the assistant to its first sentence, in real seconds.",
    buckets=(0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0),
)
ASSISTANT_DONE = Histogram(
    "outdial_assistant_answer_seconds",
    "From asking the assistant to the end of its answer, in real seconds.",
    buckets=(0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0),
)
ASSISTANT_FAULTS = Counter(
    "outdial_assistant_faults", "Answers that the assistant did not give, or not to the end, by reason.", ["reason"]
)
GAP = Histogram(
    "outdial_speech_to_prompt_seconds",
    "From the end of a callee's speech to telling the switch to play the next prompt, in felt seconds.",
    buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0),
)
HOOKS = Counter("outdial_hook_deliveries", "Tries to tell a hook, by what came of them.", ["result"])


def forget_pacing(campaign: int) -> None:
    """A campaign runs no more: its figures are not shown any longer."""
    for metric in (PACING, DECISIONS):
        for labels in [labels for labels in metric._metrics if labels[0] == str(campaign)]:
            metric.remove(*labels)
