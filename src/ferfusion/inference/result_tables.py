"""The prediction of a video or photograph as tables, for further analysis."""

import numpy as np
import pandas as pd

from ferfusion.inference.prediction import VideoPrediction
from ferfusion.video.timestamps import SLACK_SECONDS


def per_second_table(prediction: VideoPrediction) -> pd.DataFrame:
    """Return a row per second and face in view: ``second, face, frames, p_…, expression``.

    A photograph has no seconds, so it has no row.
    """
    columns = list(prediction.info.labels.probability_columns)
    in_view = (prediction.table["status"] == "ok") & (not prediction.is_photograph)
    table = prediction.table[in_view]
    second = np.floor(table["seconds"].to_numpy(float) + SLACK_SECONDS).astype(np.int64)
    groups = table.assign(second=second).groupby(["second", "face"], sort=True)
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


def onset_table(prediction: VideoPrediction, expression: str) -> pd.DataFrame:
    """Return a row per onset of an expression: ``face, seconds, end, mean_probability, in_view``.

    Raises:
        ConfigError: the model has no such class.
    """
    prediction.info.labels.code(expression)
    spans = span_table(prediction)
    ends_before = spans.groupby("face")["end"].shift()
    in_view = (spans["start"] - ends_before).abs() <= SLACK_SECONDS
    table = spans.assign(in_view=in_view)[spans["expression"] == expression]
    columns = ["face", "start", "end", "mean_probability", "in_view"]
    return table[columns].rename(columns={"start": "seconds"}).reset_index(drop=True)


def photograph_table(prediction: VideoPrediction) -> pd.DataFrame:
    """Return a row per face of a photograph: ``face, x, y, w, h, status, p_…, expression, verdict, reason``.

    ``expression`` is the top class; ``verdict`` is the same, or that no class is likely enough, for the
    reason in the last column.
    """
    reason_of = {verdict.face: verdict.why_no_class for verdict in prediction.verdicts}
    table = prediction.table.drop(columns=["frame", "seconds"]).rename(columns={"smoothed": "verdict"})
    return table.assign(reason=[reason_of.get(face, "") for face in table["face"].fillna(-1)])


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
