"""The sentences of a comparison of runs or models, true for any number of runs, tested people and classes."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ferfusion.evaluation.learned import baseline_name
from ferfusion.evaluation.scoring import Scores
from ferfusion.evaluation.uncertainty import FEW_SUBJECTS
from ferfusion.reporting.pages import interval_text, percent
from ferfusion.reporting.words import counted, listed


def lead(
    runs: Mapping[str, Scores],
    *,
    confidence: str,
    noun: str = "run",
    rules: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Return which has the highest UAR, whether the difference may be chance, and what was not learned.

    Scores with the same printed value count as equal.

    Args:
        runs: By name, the scores of the test part per video; two or more.
        confidence: Share of the resampled scores inside an interval, as text.
        noun: What is compared, run or model.
        rules: By name, how the answer of the majority baseline was chosen.
    """
    highest = percent(max(one.uar.value for one in runs.values()))
    best = [name for name, one in runs.items() if percent(one.uar.value) == highest]
    return [
        _highest(runs, best, confidence=confidence, rule=rules.get(best[0], "")),
        *_chance(runs, best, noun=noun),
        *_not_learned(runs, noun=noun),
    ]


def cautions(runs: Mapping[str, Scores], *, noun: str = "run") -> list[str]:
    """Return the cautions about all scores of a comparison, a sentence or two each.

    Args:
        runs: By name, the scores of the test part per video.
        noun: What is compared, run or model.
    """
    found = []
    people = [one.subjects for one in runs.values()]
    if 1 < min(people) < FEW_SUBJECTS:
        found.append(
            f"{_tested(people, noun=noun)}. With fewer than {FEW_SUBJECTS} people, intervals are too "
            "narrow: the uncertainty is larger than shown."
        )
    single = [name for name, one in runs.items() if (one.classes.support > 0).sum() == 1]
    if single:
        of_runs = "" if len(single) == len(runs) else f" of {listed(single)}"
        found.append(
            f"All test videos{of_runs} show the same expression: a constant answer can be correct every time."
        )
    return found


def _highest(runs: Mapping[str, Scores], best: Sequence[str], *, confidence: str, rule: str) -> str:
    head, what = runs[best[0]], "mean recall (UAR) per test video"
    value = percent(head.uar.value)
    if len(best) == len(runs):
        return f"{listed(best)} have the same {what}: {value}."
    if len(best) > 1:
        return f"{listed(best)} have the highest {what}: {value}."
    counted_in = "the measured videos" if "measured videos" in rule else "its training part"
    majority = f"always predicting the most frequent class of {counted_in}"
    constant = baseline_name(majority, head.uar, head.war)
    interval = f" ({confidence} interval {interval_text(head.uar.interval)})" if head.uar.has_interval else ""
    return (
        f"{best[0]} has the highest {what}: {value}{interval}. Its accuracy (WAR) is "
        f"{percent(head.war.value)}. {constant[0].upper()}{constant[1:]} has a "
        f"UAR of {percent(head.uar.baseline)} and a WAR of {percent(head.war.baseline)}."
    )


def _chance(runs: Mapping[str, Scores], best: Sequence[str], *, noun: str) -> list[str]:
    """Return whether the others may differ from the best by chance."""
    without = [name for name, one in runs.items() if not one.uar.has_interval]
    if len(without) == len(runs):
        return [f"One tested person gives no interval, so no difference between the {noun}s can be judged."]
    found = []
    if without:
        were = "was" if len(without) == 1 else "were"
        found.append(
            f"{listed(without)} {were} tested on one person, which gives no interval: no difference from "
            f"{f'this {noun}' if len(without) == 1 else f'these {noun}s'} can be judged."
        )
    others = [name for name in runs if name not in {*best, *without}]
    heads = [runs[name] for name in best if name not in without]
    if not others or not heads:
        return found
    near = [name for name in others if any(overlap(runs[name], head) for head in heads)]
    whose = "it" if len(best) == 1 else "theirs"
    if not near:
        text = f"No other interval overlaps with {whose}."
    elif len(near) == 1:
        text = f"The interval of {near[0]} overlaps with {whose}: the difference may be chance."
    elif len(near) == len(others):
        every = "Both" if len(near) == 2 else f"All {len(near)}"
        text = f"{every} other intervals overlap with {whose}: the differences may be chance."
    else:
        text = (
            f"The intervals of {len(near)} of the {len(others)} other {noun}s overlap with {whose}: these "
            "differences may be chance."
        )
    return [*found, text]


def _not_learned(runs: Mapping[str, Scores], *, noun: str) -> list[str]:
    names = [name for name, one in runs.items() if not one.uar.beats_baseline]
    if not names:
        return []
    part = "the test part" if noun == "run" else "the tested part"
    if len(names) == len(runs):
        return [f"Nothing was learned that {part} shows: no {noun} has a UAR above its baseline."]
    verb, whose = ("has", "its") if len(names) == 1 else ("have", "their")
    return [
        f"{listed(names)} {verb} learned nothing that {part} shows: {whose} UAR is not above the baseline."
    ]


def overlap(first: Scores, second: Scores) -> bool:
    """Return whether the UAR intervals of two runs overlap."""
    one, other = first.uar.interval, second.uar.interval
    return one.low <= other.high and other.low <= one.high


def _tested(people: Sequence[int], *, noun: str) -> str:
    part = "test part" if noun == "run" else "tested part"
    if len(set(people)) == 1:
        return f"The {part} has {counted(people[0], 'person')}"
    return f"The smallest {part} has {counted(min(people), 'person')}"
