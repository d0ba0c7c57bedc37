"""Sentences about people and groups of people, which claim no more than the tests can show."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ferfusion.evaluation.groupings import Grouping
from ferfusion.evaluation.groups import FEW_PEOPLE, GroupDifference
from ferfusion.evaluation.people_groups import ColumnGroups, GroupsComparison, PeopleComparison
from ferfusion.parts import part_words
from ferfusion.reporting.pages import p_text, percent, points_text
from ferfusion.reporting.words import counted, listed

MOST_NAMED = 10
"""People who are shown as below the mean; the table has all."""
_RELIABLY = "could not have been seen reliably with so few people"


@dataclass(frozen=True)
class PersonBelow:
    """A person whose accuracy is below the mean, beyond chance.

    Attributes:
        name: The person.
        videos: Number of their videos.
        share: Share of these that are predicted correctly.
        drawn: The share, drawn towards the mean.
        low: Lower end of its interval.
        high: Its upper end.
    """

    name: str
    videos: int
    share: float
    drawn: float
    low: float
    high: float


def group_lines(comparison: GroupsComparison, *, noun: str = "variant") -> list[str]:
    """Return what was found about groups, a sentence or two for each column; empty without columns.

    Args:
        comparison: The groups.
        noun: What there are several of, where the differences are means over several.
    """
    lines = [
        f"{column.name}: {' '.join(_column_sentences(column, comparison, noun=noun))}"
        for column in comparison.columns
    ]
    why: dict[str, list[str]] = {}
    for name, groups in comparison.passed_over.items():
        why.setdefault(_no_groups(groups, part_words(comparison.part)), []).append(name)
    lines += [f"{listed(names)}: no groups, because {reason}." for reason, names in why.items()]
    if comparison.beyond:
        lines.append(f"{counted(comparison.beyond, 'further column')} of people not compared.")
    return lines


def _no_groups(groups: Grouping, part: str) -> str:
    if not groups.names:
        return f"no person of {part} has a value"
    mixed = "; some values are numbers and others are words" if groups.is_mixed else ""
    return f"no two people of {part} share a value{mixed}"


def person_line(comparison: PeopleComparison) -> str:
    """Return what was found about single people, in a sentence or two."""
    people, spread = counted(len(comparison.subjects), "person"), comparison.spread
    if len(comparison.subjects) == 1:
        return "A single person says nothing about differences between people."
    if comparison.videos.max() == 1:
        return "Each person has one video, which says nothing about differences between people."
    if spread.p < comparison.alpha:
        below = len(people_below(comparison))
        named = f"{counted(below, 'person')} of {len(comparison.subjects)}" if below else "no single person"
        return (
            f"People: the accuracy differs between the {people} by more than the chance of their videos "
            f"(Tarone's test, p {_p(spread.p)}): without this chance, its mean is {percent(spread.mean)} and "
            f"its standard deviation {_points(spread.deviation)}. The interval of {named} is below the mean."
        )
    reach = (
        f"a standard deviation of less than {_points(comparison.detectable)} {_RELIABLY} and videos"
        if not math.isnan(comparison.detectable)
        else "so few people and videos could hardly show any"
    )
    return (
        f"People: no difference in accuracy between the {people} was found beyond the chance of their videos "
        f"(Tarone's test, p {_p(spread.p)}); {reach}."
    )


def people_below(comparison: PeopleComparison) -> list[PersonBelow]:
    """Return the people whose interval lies below the mean, the lowest first; none unless people differ."""
    spread = comparison.spread
    if spread.p >= comparison.alpha:
        return []
    people = [
        PersonBelow(name, int(videos), correct / videos, float(drawn), float(low), float(high))
        for name, videos, correct, drawn, low, high in zip(
            comparison.subjects,
            comparison.videos,
            comparison.correct,
            spread.accuracies,
            spread.lows,
            spread.highs,
            strict=True,
        )
        if high < spread.mean
    ]
    return sorted(people, key=lambda person: person.drawn)


def column_notes(column: ColumnGroups) -> list[str]:
    """Return what to know of the groups of a column, a sentence each."""
    notes = []
    if column.is_banded:
        notes.append("The numbers are cut into bands of about equal numbers of people.")
    if column.is_mixed:
        notes.append("Some values are numbers and others are words, so that each value is a group.")
    if column.without:
        notes.append(f"Without a value, and so in no group: {counted(column.without, 'person')}.")
    if len({group.classes for group in column.groups}) > 1:
        notes.append("Some groups lack videos of a class: their UAR is the mean over the others.")
    return notes


def _column_sentences(column: ColumnGroups, comparison: GroupsComparison, *, noun: str) -> Iterator[str]:
    if column.is_fine:
        kind = ", some of them numbers and others words," if column.is_mixed else ""
        yield f"{len(column.groups)} values{kind} are too many to be tested."
        return
    if len(column.groups) == 1:
        [only] = column.groups
        yield f"all {counted(only.people, 'person')} with a value have {only.name}; nothing can be compared."
        return
    if not column.differences:
        yield f"no two groups have {FEW_PEOPLE} people, so nothing is claimed."
        return
    people = {group.name: group.people for group in column.groups}
    found = [each for each in column.differences if each.p_adjusted < comparison.alpha]
    for each in found:
        upper, lower = (each.first, each.second) if each.value > 0 else (each.second, each.first)
        yield (
            f"the UAR of {upper} ({counted(people[upper], 'person')}) is {_points(abs(each.value))} above "
            f"that of {lower} ({people[lower]}){_on_the_mean(each, noun)}, "
            f"p {_p(each.p_adjusted)}{_corrected(comparison)}."
        )
        if each.of_variants:
            sign = 1 if each.value > 0 else -1
            values = [sign * value for value in each.of_variants.values]
            yield _in_variants(values, each.of_variants.p_every, alpha=comparison.alpha, noun=noun)
    if rest := [each for each in column.differences if each not in found]:
        yield _nothing_found(rest, people, comparison, others=bool(found), noun=noun)
        yield from _hidden_by_the_mean(rest, noun)


def _nothing_found(
    pairs: list[GroupDifference],
    people: dict[str, int],
    comparison: GroupsComparison,
    *,
    others: bool,
    noun: str,
) -> str:
    least_p = min(each.p_adjusted for each in pairs)
    if len(pairs) == 1:
        [pair] = pairs
        between = f"between {pair.first} ({counted(people[pair.first], 'person')}) and "
        between += f"{pair.second} ({people[pair.second]})"
        p = f"p {_p(least_p)}"
    else:
        names = dict.fromkeys(name for each in pairs for name in (each.first, each.second))
        between = "between any two of " if not others else "between the other pairs of "
        between += listed([f"{name} ({people[name]})" for name in names])
        p = f"smallest p {_p(least_p)}"
    reach = [each.detectable for each in pairs if not math.isnan(each.detectable)]
    if len(reach) < len(pairs):
        seen = f"so few people could {'hardly' if reach else 'not'} have shown one"
    else:
        ends = dict.fromkeys((_rounded(min(reach)), _rounded(max(reach))))
        seen = f"one of less than {' to '.join(ends)} points {_RELIABLY}"
    between += _on_the_mean(pairs[0], noun)
    return f"no difference in UAR was found {between}, {p}{_corrected(comparison)}; {seen}."


def _on_the_mean(difference: GroupDifference, noun: str) -> str:
    """Return over what the tested difference is a mean; empty unless there are several variants."""
    of_variants = difference.of_variants
    return f" on the mean over {counted(len(of_variants.values), noun)}" if of_variants else ""


def _hidden_by_the_mean(pairs: list[GroupDifference], noun: str) -> Iterator[str]:
    """Return the differences in single variants of pairs without one in the mean, if it may hide them.

    It does if variants differ in direction, or one by more than the least difference that could be seen.
    """
    ranges = []
    for each in pairs:
        values = each.of_variants.values if each.of_variants else (each.value,)
        low, high = min(values), max(values)
        if low < 0 < high or max(abs(low), abs(high)) > each.detectable:
            ends = f"{points_text(low)} to {points_text(high)}"
            ranges.append(f"{ends} points ({each.first} minus {each.second})")
    if ranges and pairs[0].of_variants:
        yield f"Single {noun}s, not tested by themselves, differ by {listed(ranges)}."


def _in_variants(values: list[float], p_every: float, *, alpha: float, noun: str) -> str:
    """Return whether a difference of a mean, the upper group minus the lower, holds in every variant."""
    several, ends = counted(len(values), noun), f"{_rounded(min(values))} to {_points(max(values))}"
    largest = f"largest p of a {noun} {_p(p_every)}"
    above = sum(value > 0 for value in values)
    if above < len(values):
        return f"It does not hold for every {noun}: {above} of {several} have it ({ends})."
    if p_every < alpha:
        return f"It holds for each of the {several} ({ends}; {largest})."
    return f"All {several} have it ({ends}), but not each of them shows it by itself ({largest})."


def _corrected(comparison: GroupsComparison) -> str:
    number = comparison.comparisons
    return f" with Holm's correction for {number} comparisons" if number > 1 else ""


def _points(share: float) -> str:
    return f"{_rounded(share)} points"


def _rounded(share: float) -> str:
    return f"{100 * share:.1f}"


def _p(p: float) -> str:
    text = p_text(p)
    return text if text.startswith("<") else f"= {text}"
