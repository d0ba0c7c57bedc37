"""The sentences of a study's report, true for any number of variants, tested people and classes."""

from dataclasses import dataclass

from ferfusion.evaluation.learned import baseline_name, baseline_rule
from ferfusion.evaluation.report_page import absent_classes_text
from ferfusion.evaluation.statistics import SeedEstimate, StudyStatistics, VariantScores
from ferfusion.evaluation.uncertainty import FEW_SUBJECTS
from ferfusion.parts import part_words
from ferfusion.reporting.pages import interval_text, percent
from ferfusion.reporting.words import counted, listed

_EACH = "subjects"
_MORE_PEOPLE = "Test more people"


@dataclass(frozen=True)
class StudySize:
    """What the sentences need to know of a study beside its statistics.

    Attributes:
        folds: Number of folds as in the plan: 0, a number, or subjects.
        variants: Number of variants, with those that are equivalent to a trained one.
        majority: The most frequent class of the training part; none if it differs between folds.
        majority_rule: How that class was chosen.
        people_known: Whether the subjects are people, and not single images.
        noun: What is compared: variants that were trained, or models.
        part: The tested part.
    """

    folds: str
    variants: int
    majority: str | None
    majority_rule: str = "the most frequent class of the training part"
    people_known: bool = True
    noun: str = "variant"
    part: str = "test"


def question(statistics: StudyStatistics) -> str:
    """Return the question of a study."""
    trained = statistics.scores("video")
    if len(trained) == 1:
        return f"How well does {trained[0].name} recognise expressions?"
    return f"Which of {len(trained)} variants is better, and is the difference significant?"


def verdict(statistics: StudyStatistics, size: StudySize) -> list[str]:
    """Return which variants differ, which has the highest UAR, and whether anything was learned."""
    ranked = statistics.scores("video")
    return [
        *_difference(statistics, size),
        _highest(ranked, statistics, size),
        *_not_learned(ranked, size),
    ]


def protocol(statistics: StudyStatistics, size: StudySize) -> str:
    """Return a text on the tested people, and on the part that chose the epoch."""
    chosen = (
        "The validation part chose the epoch; it shares nobody with the other parts. The test part was read "
        "once, at the end."
    )
    if not size.people_known:
        return (
            f"Tested on {counted(statistics.videos, 'image')} of unknown people: no image is in two parts, "
            "but a person may be. The validation part chose the epoch; the test part was read once, at the "
            "end."
        )
    people = f"{counted(statistics.subjects, 'person')} ({counted(statistics.videos, 'video')})"
    if size.folds == "0":
        return f"Tested on {people}, never seen in training (one division of the subjects). {chosen}"
    way = (
        "each person was the test part once (leave one subject out)"
        if size.folds == _EACH
        else f"the people were divided into {size.folds} folds, each of which was the test part once"
    )
    return f"Tested on {people}: {way}, with networks that never saw them. {chosen}"


def baseline(size: StudySize) -> str:
    """Return what a model must exceed."""
    if size.majority is None:
        return baseline_rule("in each fold, always the most frequent class of its training part")
    return baseline_rule(f"always {size.majority}, {size.majority_rule}")


def cautions(statistics: StudyStatistics, size: StudySize) -> list[str]:
    """Return the cautions about the verdicts, a sentence or two each."""
    trained = statistics.scores("video")
    return [
        *_few_people(statistics, size),
        *_weak_best(trained[0], size),
        *_absent_classes(statistics, part=size.part),
        *_one_training(statistics, len(trained), noun=size.noun),
        *(
            ["Of equivalent variants, only the first was trained; its results count for all of them."]
            if len(trained) < size.variants
            else []
        ),
    ]


def best_names(ranked: tuple[VariantScores, ...]) -> list[str]:
    """Return the variants with the highest UAR; UARs with the same printed value count as equal."""
    highest = percent(ranked[0].estimates["uar"].value)
    return [each.name for each in ranked if percent(each.estimates["uar"].value) == highest]


def _difference(statistics: StudyStatistics, size: StudySize) -> list[str]:
    """Return how many pairs of variants or models differ; nothing for a single one."""
    pairs = statistics.family("video", "uar").pairs
    if not pairs:
        return []
    if statistics.subjects == 1:
        return ["One tested person gives no interval and no test, so no difference can be judged."]
    names, differing = statistics.scores("video"), sum(pair.differs for pair in pairs)
    if len(pairs) == 1:
        both = f"{pairs[0].first} and {pairs[0].second}"
        if differing:
            return [f"{both} differ significantly in UAR per video."]
        return [f"{both} do not differ significantly in UAR per video: their difference may be chance."]
    if differing:
        verb = "differs" if differing == 1 else "differ"
        return [f"{differing} of {len(pairs)} pairs of {size.noun}s {verb} significantly in UAR per video."]
    return [
        f"No two of the {len(names)} {size.noun}s differ significantly in UAR per video: their differences "
        "may be chance."
    ]


def _highest(ranked: tuple[VariantScores, ...], statistics: StudyStatistics, size: StudySize) -> str:
    best, head = best_names(ranked), ranked[0].estimates
    uar, war = head["uar"], head["war"]
    value = percent(uar.value)
    confidence = f"{100 * statistics.recipe.confidence:g}\N{NO-BREAK SPACE}%"
    against = (
        f"{_sentence_start(_baseline_name(size, uar, war))} has UAR {percent(uar.baseline)}, "
        f"WAR {percent(war.baseline)}."
    )
    if len(best) > 1:
        which = "the same" if len(best) == len(ranked) else "the highest"
        return f"{listed(best)} have {which} UAR per video: {value}. {against}"
    interval = f" ({confidence} interval {interval_text(uar.interval)})" if uar.has_interval else ""
    score = f"{value}{interval}, and WAR {percent(war.value)}"
    if len(ranked) == 1:
        return f"{best[0]} has UAR {score} per video. {against}"
    return f"{best[0]} has the highest UAR per video: {score}. {against}"


def _baseline_name(size: StudySize, *scores: SeedEstimate) -> str:
    majority = (
        "the most frequent class of each fold's training part"
        if size.majority is None
        else f"always predicting “{size.majority}”"
    )
    return baseline_name(majority, *scores)


def _sentence_start(text: str) -> str:
    return text[0].upper() + text[1:]


def _not_learned(ranked: tuple[VariantScores, ...], size: StudySize) -> list[str]:
    uar = ranked[0].estimates["uar"]
    if uar.beats_baseline:
        return []
    who = f"{ranked[0].name} has no" if len(ranked) == 1 else f"no {size.noun} has a"
    shown = f"Nothing was learned that {part_words(size.part)} shows"
    return [f"{shown}: {who} UAR per video above the baseline ({percent(uar.baseline)})."]


def _few_people(statistics: StudyStatistics, size: StudySize) -> list[str]:
    people, pairs = statistics.subjects, len(statistics.family("video", "uar").pairs)
    if not size.people_known:
        return [
            "The people in the images are unknown: the intervals count each image as another person, which "
            "makes them too narrow."
        ]
    advice = (
        _MORE_PEOPLE if size.folds == _EACH else f"{_MORE_PEOPLE}, or test each person with --folds subjects"
    )
    if people == 1:
        return [f"One person was tested: no interval over people can be given. {advice}."]
    found = []
    if pairs and not statistics.can_find_a_difference:
        found.append(
            f"With {counted(people, 'person')} tested and {counted(pairs, 'comparison')}, no difference can "
            f"be significant, however large. {advice}."
        )
    if people < FEW_SUBJECTS:
        found.append(
            f"With fewer than {FEW_SUBJECTS} people tested, intervals are too narrow: the uncertainty is "
            "larger than shown."
        )
    return found


def _weak_best(best: VariantScores, size: StudySize) -> list[str]:
    uar, war = best.estimates["uar"], best.estimates["war"]
    if not uar.beats_baseline:
        return []
    found = []
    if uar.may_be_baseline:
        found.append(
            f"The interval of the UAR of {best.name} reaches down to the baseline "
            f"({percent(uar.baseline)}): this does not show that it recognises expressions."
        )
    if not war.beats_baseline:
        found.append(
            f"On accuracy alone (WAR), {_baseline_name(size, war)} is as good as {best.name} or better. "
            "Compare the UAR, which a constant answer does not raise."
        )
    return found


def _absent_classes(statistics: StudyStatistics, *, part: str) -> list[str]:
    support = statistics.scores("video")[0].confusion.sum(axis=1)
    names = statistics.labels.names
    present = [name for name, number in zip(names, support, strict=True) if number > 0]
    absent = [name for name in names if name not in present]
    return [absent_classes_text(part, absent, present=present)] if absent else []


def _one_training(statistics: StudyStatistics, trained: int, *, noun: str) -> list[str]:
    if statistics.has_several_seeds:
        return []
    if noun == "model":
        return [
            "The verdicts hold for these models and other people like those tested, not for other trainings "
            "of the same networks."
        ]
    if trained == 1:
        return ["There is one seed: another training may be better or worse by chance."]
    return [
        "Each variant was trained with one seed: the verdicts hold for these trained networks only. Another "
        "training may be better or worse by chance."
    ]
