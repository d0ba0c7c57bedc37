"""Reasons why two runs or models cannot be compared: other classes, test videos, labels or datasets."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from ferfusion.evaluation.measured import Measured, Measurement
from ferfusion.evaluation.restricted import Restricted
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.evaluation.scoring import Scored
from ferfusion.reporting.words import counted, examples


def differences(runs: Mapping[str, Scored[Measured]]) -> list[str]:
    """Return what differs between the first run and each other one, a sentence or two for each kind.

    Args:
        runs: By name, each run with its scores.
    """
    (first, reference), *others = runs.items()
    return [
        sentence
        for name, scored in others
        for sentence in _differences(f"{name} and {first}", (name, scored), (first, reference))
    ]


def videos_tested(scored: Scored[Measured]) -> pd.DataFrame:
    """Return ``emotion, subject`` of each video of the tested part, by its name."""
    videos = scored.videos
    return (
        videos[videos["part"] == scored.measured.parts[0]]
        .set_index("video")[["emotion", "subject"]]
        .sort_index()
    )


def _differences(
    both: str, one: tuple[str, Scored[Measured]], other: tuple[str, Scored[Measured]]
) -> Iterator[str]:
    (name, scored), (first, reference) = one, other
    if scored.measured.labels != reference.measured.labels:
        yield (
            f"{both} do not have the same classes: {', '.join(scored.measured.labels.names)} against "
            f"{', '.join(reference.measured.labels.names)}."
        )
    here, there = videos_tested(scored), videos_tested(reference)
    only = here.index.symmetric_difference(there.index)
    if len(only):
        yield (
            f"{both} do not have the same test videos: {counted(len(only), 'video')} "
            f"{'is' if len(only) == 1 else 'are'} in one of the two only. A difference between their scores "
            "may come from the videos."
        )
    shared = here.index.intersection(there.index)
    for column, has, what in (("emotion", "has", "label"), ("subject", "is of", "person")):
        pairs = zip(shared, here.loc[shared, column], there.loc[shared, column], strict=True)
        changed = [f"{video} ({now} / {before})" for video, now, before in pairs if now != before]
        if changed:
            verb = has if len(changed) == 1 else {"has": "have", "is of": "are of"}[has]
            yield (
                f"{counted(len(changed), 'test video')} {verb} another {what} in {name} than in {first}: "
                f"{examples(changed)}. A difference between their scores may come from that."
            )
    if len(only) == 0:
        yield from _other_datasets(both, scored.measured, reference.measured)


def _dataset_of(measured: Measured) -> tuple[str, dict[str, Any]]:
    """Return the identity of the dataset, and its recipe where both are known of a run."""
    whole = measured.whole if isinstance(measured, Restricted) else measured
    if isinstance(whole, RunFolder):
        return whole.identity, dict(whole.section("dataset").get("recipe", {}))
    return (whole.identity, {}) if isinstance(whole, Measurement) else ("", {})


def _other_datasets(both: str, one: Measured, reference: Measured) -> Iterator[str]:
    """Yield how two datasets differ although their test videos have the same names."""
    (identity, here), (other, there) = _dataset_of(one), _dataset_of(reference)
    if not identity or not other or identity == other:
        return
    settings = [
        f"{key} ({here.get(key)} / {there.get(key)})"
        for key in sorted({*here, *there} if here and there else ())
        if here.get(key) != there.get(key)
    ]
    if settings:
        yield (
            f"The datasets of {both} were prepared with other settings: {examples(settings)}. A difference "
            "between their scores may come from the preparation."
        )
    else:
        yield (
            f"{both} are of different states of a dataset, although their test videos have the "
            "same names: videos, labels, subjects or clips have changed."
        )
