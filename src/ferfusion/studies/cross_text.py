"""The sentences of a study across corpora, true for any protocol, number of corpora and of people."""

from collections.abc import Sequence

from ferfusion.evaluation.learned import baseline_rule
from ferfusion.evaluation.multiplicity import holm
from ferfusion.evaluation.significance import least_p
from ferfusion.evaluation.uncertainty import FEW_SUBJECTS
from ferfusion.reporting.pages import interval_text, percent, points_interval_text
from ferfusion.reporting.words import counted, listed
from ferfusion.studies.cross_findings import CrossCell, CrossComparison, CrossFindings, mean_uar
from ferfusion.studies.cross_study import CUT

_MOST_IN_WORDS = 4
"""More cells are told as their means; the table has each."""


def question(findings: CrossFindings) -> str:
    """Return the question of the study."""
    if findings.study.plan.protocol == "leave-one-corpus-out":
        return "How well are expressions recognised in a corpus that the training never saw?"
    return "How well does a model of one corpus recognise the expressions of another?"


def verdict(findings: CrossFindings) -> list[str]:
    """Return the scores within and across corpora, the drop, and whether anything was learned.

    The first sentence is the shortest answer.
    """
    within = [cell for cell in findings.cells if cell.within]
    across = [cell for cell in findings.cells if not cell.within]
    if len(findings.cells) <= _MOST_IN_WORDS:
        scores = [
            _scores([cell for cell in findings.cells if cell.trained_on == name])
            for name in dict.fromkeys(cell.trained_on for cell in findings.cells)
        ]
    else:
        scores = [
            *_mean("Within a corpus, on people held out of the training", within),
            *_mean("On a corpus that the training did not see", across),
        ]
    answer = _answer(across, within)
    return [answer, *scores, *_drop(findings), *_significant(findings), *_not_learned(findings.cells)]


def _answer(across: Sequence[CrossCell], within: Sequence[CrossCell]) -> str:
    """Return the ranges of UAR and WAR within and across corpora, beside the baseline."""
    places = [("on corpora that the training did not see", across), ("within a corpus", within)]
    scores = [
        f"{where} UAR is {_range([cell.uar.value for cell in cells])} and WAR "
        f"{_range([cell.war.value for cell in cells])}"
        for where, cells in places
        if cells
    ]
    without = _range([cell.uar.baseline for cell in (*across, *within)])
    return f"Per video, {', and '.join(scores)}; the baseline has UAR {without}."


def protocol(findings: CrossFindings) -> str:
    """Return who was trained on, who was tested, and how the epochs were chosen."""
    study, plan = findings.study, findings.study.plan
    if plan.protocol == "leave-one-corpus-out":
        who = "Each dataset was tested once, with all of its people, after a training on all others."
    elif plan.protocol:
        who = "Each dataset was trained on by itself, and all people of the others were tested."
    else:
        [division] = study.divisions
        who = f"Trained on {division.name}, tested on {listed(division.tested_on)}."
    if any(cell.within for cell in findings.cells):
        who += (
            f" Of a dataset that is both trained on and tested, people of about {_whole(CUT.test)} of its "
            "data were held out for the test."
        )
    return (
        f"{who} Of the people of each training, those of about {_chose_the_epoch(findings)} of its data "
        "chose the epoch. Nobody is in two parts; the test part was read once, at the end. "
        f"{counted(plan.seeds, 'training')} each{', with other seeds' if plan.seeds > 1 else ''}. "
        f"{_classes(findings)}"
    )


def _chose_the_epoch(findings: CrossFindings) -> str:
    shares = {
        CUT.validation if name in division.tested_on else CUT.validation_of_rest
        for division in findings.study.divisions
        for name in division.trained_on
    }
    return " or ".join(map(_whole, sorted(shares)))


def _whole(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def baseline(findings: CrossFindings) -> str:
    """Return what a model must exceed, and its scores."""
    uar, war = (_range([getattr(cell, name).baseline for cell in findings.cells]) for name in ("uar", "war"))
    rule = baseline_rule("always the most frequent class of the training part")
    return f"{rule} It has UAR {uar} and WAR {war}."


def cautions(findings: CrossFindings) -> list[str]:
    """Return the cautions about the scores, a sentence or two each."""
    return [
        *_weak(findings.cells),
        *_few_people(findings),
        *_powerless(findings),
        *_sizes(findings),
        *(
            ["There is one seed: another training may be better or worse by chance."]
            if findings.study.plan.seeds == 1
            else []
        ),
    ]


def _scores(cells: Sequence[CrossCell]) -> str:
    """Return the scores of one training on each tested corpus."""
    return f"Trained on {cells[0].trained_on}: {'; '.join(map(_score, cells))}."


def _score(cell: CrossCell) -> str:
    interval = f" (interval {interval_text(cell.uar.interval)})" if cell.uar.has_interval else ""
    people = f"{'held-out ' if cell.within else ''}{'person' if cell.people == 1 else 'people'}"
    scores = f"UAR {percent(cell.uar.value)}{interval} and WAR {percent(cell.war.value)}"
    return f"{scores} on {cell.people} {people} of {cell.tested_on}"


def _mean(where: str, cells: Sequence[CrossCell]) -> list[str]:
    if not cells:
        return []
    if len(cells) == 1:
        return [_scores(cells)]
    ranked = sorted(cells, key=lambda cell: cell.uar.value)
    low, high = (f"{cell.trained_on} to {cell.tested_on}" for cell in (ranked[0], ranked[-1]))
    if cells[0].within:
        low, high = ranked[0].tested_on, ranked[-1].tested_on
    wars = sum(cell.war.value for cell in cells) / len(cells)
    return [
        f"{where}, UAR per video is {percent(mean_uar(cells))} and WAR {percent(wars)} on average; UAR is "
        f"from {percent(ranked[0].uar.value)} ({low}) to {percent(ranked[-1].uar.value)} ({high})."
    ]


def _drop(findings: CrossFindings) -> list[str]:
    """Return how much lower the scores across corpora are, on the same people."""
    drops = findings.drops
    if not drops:
        return []
    if len(drops) > 2:
        mean = sum(each.difference.value for each in drops) / len(drops)
        return [
            f"On the same held-out people, a training on another corpus has {_less(mean)} one on their "
            "own, on average."
        ]
    return [
        f"On the same {counted(each.people, 'person')} of {each.tested_on}, the training on {each.second} "
        f"has {_less(each.difference.value)} the one on {each.first}{_interval(each)}."
        for each in drops
    ]


def _less(drop: float) -> str:
    """Compare with the UAR within the corpus, which is higher by ``drop``.

    >>> _less(0.083), _less(-0.5), _less(0.0)
    ('a UAR that is 8.3 points lower than', 'a UAR that is 50.0 points higher than', 'the same UAR as')
    """
    points = f"{abs(100 * drop):.1f}"
    if points == "0.0":
        return "the same UAR as"
    return f"a UAR that is {points} points {'lower' if drop > 0 else 'higher'} than"


def _interval(comparison: CrossComparison) -> str:
    interval = comparison.difference.interval
    if interval.low != interval.low:
        return ""
    return f" (interval of the difference: {points_interval_text(interval)})"


def _significant(findings: CrossFindings) -> list[str]:
    drops = findings.drops
    others = [each for each in findings.comparisons if each.metric == "uar" and not each.drop]
    found = []
    if drops:
        number = sum(each.differs for each in drops)
        found.append(
            f"{number} of {counted(len(drops), 'such difference')} {_are(number)} significant."
            if any(_can_differ(findings, each.tested_on) for each in drops)
            else "So few people are held out that no such difference can be significant."
        )
    if others:
        number = sum(each.differs for each in others)
        found.append(
            f"Between trainings on other corpora, {number} of {counted(len(others), 'difference')} "
            f"{_are(number)} significant."
        )
    return found


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _not_learned(cells: Sequence[CrossCell]) -> list[str]:
    weak = [cell for cell in cells if not cell.uar.beats_baseline]
    if not weak:
        return []
    if len(weak) == len(cells):
        return ["Nothing was learned that any test shows: no UAR per video is above the baseline."]
    where = listed([f"{cell.tested_on} after {cell.trained_on}" for cell in weak])
    return [f"Nothing was learned that these tests show, with a UAR not above the baseline: {where}."]


def _weak(cells: Sequence[CrossCell]) -> list[str]:
    weak = [cell for cell in cells if cell.uar.beats_baseline and cell.uar.may_be_baseline]
    if not weak:
        return []
    where = listed([f"{cell.tested_on} after {cell.trained_on}" for cell in weak])
    return [
        f"The interval of the UAR reaches down to the baseline for {where}: this does not show that "
        "expressions are recognised there."
    ]


def _few_people(findings: CrossFindings) -> list[str]:
    few = [cell for cell in findings.cells if cell.people < FEW_SUBJECTS]
    if not few:
        return []
    where = "; ".join(
        dict.fromkeys(
            f"{'held out of ' if cell.within else ''}{cell.tested_on}: {cell.people}" for cell in few
        )
    )
    return [
        f"With fewer than {FEW_SUBJECTS} people tested, intervals are too narrow: the uncertainty is larger "
        f"than shown ({where})."
    ]


def _powerless(findings: CrossFindings) -> list[str]:
    """Return a caution if no comparison on a corpus can be significant, however large the difference."""
    where = []
    for name in findings.names:
        of_name = [c for c in findings.comparisons if (c.tested_on, c.metric) == (name, "uar")]
        if of_name and not _can_differ(findings, name):
            where.append(f"{name} ({counted(max(c.people for c in of_name), 'person')})")
    if not where:
        return []
    return [
        f"Too few people are tested for any difference to be significant, however large: {listed(where)}."
    ]


def _can_differ(findings: CrossFindings, name: str) -> bool:
    """Return whether a comparison on a corpus can be significant, after the correction."""
    people = [c.people for c in findings.comparisons if (c.tested_on, c.metric) == (name, "uar")]
    least = holm([1.0 if number < 2 else least_p(number) for number in people])
    return bool(least.min() <= 1 - findings.recipe.confidence)


def _sizes(findings: CrossFindings) -> list[str]:
    """Return a caution if the trainings differ in size, as they do for any two corpora."""
    if len(findings.runs) < 2:
        return []
    sizes = [
        f"{division.name}: {counted(int(run.section('subjects')['train']), 'person')}, "
        f"{counted(sum(run.class_counts('train').values()), 'pair')}"
        for division, (run, *_) in zip(findings.study.divisions, findings.runs, strict=True)
    ]
    if len({size.partition(": ")[2] for size in sizes}) == 1:
        return []
    return [
        "The trainings differ in size as well as in their recordings, so that a difference between them may "
        f"come from either ({'; '.join(sizes)})."
    ]


def _classes(findings: CrossFindings) -> str:
    pooled = findings.study.pooled
    left_out = [
        f"{emotion} of {name} ({counted(number, 'video')})"
        for name, classes in pooled.left_out.items()
        for emotion, number in classes.items()
    ]
    shared = f"Only the {counted(len(pooled.labels), 'class')} that all datasets have are used"
    return (
        f"{shared}: {', '.join(pooled.labels.names)}{f'; left out: {listed(left_out)}' if left_out else ''}."
    )


def _range(values: Sequence[float]) -> str:
    low, high = percent(min(values)), percent(max(values))
    return low if low == high else f"{low} to {high}"
