"""The prediction of a video or photograph as tables, for further analysis."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from ferfusion.actions.names import ACTION_COLUMNS, ACTIONS
from ferfusion.actions.rest import LEAST_FRAMES, estimate_rest
from ferfusion.errors import ConfigError
from ferfusion.inference.episodes import check_thresholds, find_episodes, usual_thresholds
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.timeline import faces_of, longest_step
from ferfusion.video.timestamps import SLACK_SECONDS


def means_table(prediction: VideoPrediction, period_seconds: float) -> pd.DataFrame:
    """Return a row per period and face in view: ``seconds, face, frames, p_…, expression``.

    ``seconds`` is the start of the period. A photograph has no time, so it has no row.
    """
    columns = list(prediction.info.labels.probability_columns)
    in_view = (prediction.table["status"] == "ok") & (not prediction.is_photograph)
    table = prediction.table[in_view]
    times = table["seconds"].to_numpy(float) + SLACK_SECONDS
    period = np.floor(times / period_seconds).astype(np.int64)
    groups = table.assign(seconds=(period * period_seconds).round(6)).groupby(["seconds", "face"], sort=True)
    means = groups[columns].mean().astype(np.float64)
    names = np.array(prediction.info.labels.names, dtype=object)
    expression = names[means.to_numpy().argmax(axis=1)] if len(means) else []
    means.insert(0, "frames", groups.size())
    means["expression"] = pd.Categorical(expression, categories=list(prediction.info.labels.names))
    return means.reset_index()


def span_table(prediction: VideoPrediction) -> pd.DataFrame:
    """Return a row per span of one name: ``face, expression, start, end, mean_probability``."""
    rows = [
        (face, span.expression, span.start, span.end, span.probability)
        for face, spans in prediction.spans.items()
        for span in spans
    ]
    table = pd.DataFrame(rows, columns=["face", "expression", "start", "end", "mean_probability"])
    return table.astype(
        {"face": "int64", "expression": "str", **dict.fromkeys(["start", "end", "mean_probability"], float)}
    )


def onset_table(
    prediction: VideoPrediction,
    expression: str | None = None,
    *,
    high: float | None = None,
    low: float | None = None,
) -> pd.DataFrame:
    """Return a row per episode of an expression, or of all: when it begins, peaks and ends.

    ``face, expression, onset, apex, offset, probability, onset_seen, offset_seen``.

    Args:
        prediction: The prediction of a video.
        expression: A class of the model; None for all.
        high: Smoothed probability that an episode must reach; by default, that of ``usual_thresholds``.
        low: Smoothed probability below which it has not begun, or has ended.

    Raises:
        ConfigError: the model has no such class, or the thresholds are not 0 < low <= high <= 1.
    """
    labels, table = prediction.info.labels, prediction.table
    usual_high, usual_low = usual_thresholds(len(labels))
    high = usual_high if high is None else high
    low = min(usual_low, high) if low is None else low
    check_thresholds(high, low)
    codes = range(len(labels)) if expression is None else [labels.code(expression)]
    seconds = table["seconds"].to_numpy(np.float64)
    of_faces = [] if prediction.is_photograph else faces_of(table)
    rows = [
        {"face": face, "expression": labels.names[code], **asdict(episode)}
        for face, places in of_faces
        for code in codes
        for episode in find_episodes(
            seconds[places],
            prediction.smoothed[places, code],
            longest_step=longest_step(seconds),
            end_seconds=prediction.end_seconds,
            high=high,
            low=low,
        )
    ]
    times = ["onset", "apex", "offset", "probability"]
    seen = ["onset_seen", "offset_seen"]
    found = pd.DataFrame(rows, columns=["face", "expression", *times, *seen])
    found = found.astype({"face": "int64", **dict.fromkeys(times, float), **dict.fromkeys(seen, bool)})
    found["expression"] = pd.Categorical(found["expression"], categories=list(labels.names))
    return found.sort_values(["face", "onset"], kind="stable", ignore_index=True)


def photograph_table(prediction: VideoPrediction) -> pd.DataFrame:
    """Return a row per face of a photograph: ``face, x, y, w, h, status, p_…, expression, verdict, reason``.

    ``expression`` is the top class; ``verdict`` is the same, or that no class is likely enough, for the
    reason in the last column.
    """
    reason_of = {verdict.face: verdict.why_no_class for verdict in prediction.verdicts}
    table = prediction.table.drop(columns=["frame", "seconds"]).rename(columns={"smoothed": "verdict"})
    return table.assign(reason=[reason_of.get(face, "") for face in table["face"].fillna(-1)])


def actions_table(prediction: VideoPrediction) -> pd.DataFrame:
    """Return ``frame, seconds, face``, the 52 facial actions, ``yaw, pitch, roll``: a row per frame and face.

    Raises:
        ConfigError: the prediction was made without actions.
    """
    if not prediction.recipe.actions:
        raise ConfigError('This prediction has no facial actions; predict again with actions="small"')
    table = prediction.table
    return table.loc[table["face"].notna(), ["frame", "seconds", "face", *ACTION_COLUMNS]].reset_index(
        drop=True
    )


def rest_table(prediction: VideoPrediction) -> pd.DataFrame:
    """Return ``face, frames`` and the 52 facial actions of each face at rest, see ``estimate_rest``.

    A face in fewer than three rows, such as that of a photograph, has no rest: its actions are nan.

    Raises:
        ConfigError: the prediction was made without actions.
    """
    faces = actions_table(prediction).groupby("face", sort=True)[list(ACTIONS)]
    unknown = np.full(len(ACTIONS), np.nan, np.float32)
    rests = [
        estimate_rest(rows.to_numpy(np.float32)) if len(rows) >= LEAST_FRAMES else unknown
        for _, rows in faces
    ]
    table = pd.DataFrame(np.reshape(rests, (-1, len(ACTIONS))), columns=ACTIONS)
    table.insert(0, "frames", faces.size().to_numpy())
    table.insert(0, "face", faces.size().index.astype("Int64"))
    return table


def verdict_table(prediction: VideoPrediction) -> pd.DataFrame:
    """Return a row per face, the largest first.

    ``face, expression, top_class, probability, low, high, frames, share_of_frames, why_no_class``; ``low``
    and ``high`` are the ends of the 90 % interval of the probability, nan for a face that is in view for one
    second or less.
    """
    rows = []
    for verdict in prediction.verdicts:
        low, high = verdict.interval or (np.nan, np.nan)
        rows.append(
            (
                verdict.face,
                verdict.expression,
                verdict.top_class,
                verdict.probabilities[verdict.top_class],
                low,
                high,
                verdict.frames,
                verdict.share_of_frames,
                verdict.why_no_class,
            )
        )
    columns = "face expression top_class probability low high frames share_of_frames why_no_class".split()
    table = pd.DataFrame(rows, columns=columns)
    return table.astype(
        {
            **dict.fromkeys(["face", "frames"], "int64"),
            **dict.fromkeys(["probability", "low", "high", "share_of_frames"], float),
            **dict.fromkeys(["expression", "top_class", "why_no_class"], "str"),
        }
    )
