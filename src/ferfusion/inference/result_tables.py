"""What was read out of a video, as tables for whoever analyses it: pure, from the frame table."""

import numpy as np
import pandas as pd

from ferfusion.inference.prediction import VideoPrediction

_SLACK_SECONDS = 1e-6  # timestamps are rounded to ticks


def per_second_table(read: VideoPrediction) -> pd.DataFrame:
    """Return a row per second and face in view: ``second, face, frames, p_…, expression``."""
    columns = list(read.labels.probability_columns)
    table = read.table[read.table["status"] == "ok"]
    second = np.floor(table["seconds"].to_numpy(float) + _SLACK_SECONDS).astype(np.int64)
    groups = table.assign(second=second).groupby(["second", "face"], sort=True)
    means = groups[columns].mean().astype(np.float64)
    names = np.array(read.labels.names, dtype=object)
    expression = names[means.to_numpy().argmax(axis=1)] if len(means) else []
    means.insert(0, "frames", groups.size())
    means["expression"] = pd.Categorical(expression, categories=list(read.labels.names))
    return means.reset_index()


def span_table(read: VideoPrediction) -> pd.DataFrame:
    """Return a row per stretch of one name: ``face, expression, start, end, mean_probability``."""
    rows = [
        (face, span.expression, span.start, span.end, span.probability)
        for face, spans in read.spans.items()
        for span in spans
    ]
    table = pd.DataFrame(rows, columns=["face", "expression", "start", "end", "mean_probability"])
    return table.astype(
        {"face": "int64", "expression": "str", **dict.fromkeys(["start", "end", "mean_probability"], float)}
    )


def onset_table(read: VideoPrediction, expression: str) -> pd.DataFrame:
    """Return a row per beginning of an expression: ``face, seconds, end, mean_probability, in_view``.

    Raises:
        ConfigError: the model does not know the expression.
    """
    read.labels.code(expression)
    spans = span_table(read)
    ends_before = spans.groupby("face")["end"].shift()
    in_view = (spans["start"] - ends_before).abs() <= _SLACK_SECONDS
    table = spans.assign(in_view=in_view)[spans["expression"] == expression]
    columns = ["face", "start", "end", "mean_probability", "in_view"]
    return table[columns].rename(columns={"start": "seconds"}).reset_index(drop=True)


def verdict_table(read: VideoPrediction) -> pd.DataFrame:
    """Return a row per face, the largest first.

    ``face, expression, likeliest, probability, low, high, frames, share_of_frames, why_unsure``; ``low`` and
    ``high`` are the 90 % interval of the probability, nan where the face is in view for a second only.
    """
    rows = []
    for verdict in read.verdicts:
        low, high = verdict.interval or (np.nan, np.nan)
        rows.append(
            (
                verdict.face,
                verdict.expression,
                verdict.likeliest,
                verdict.probabilities[verdict.likeliest],
                low,
                high,
                verdict.frames,
                verdict.share_of_frames,
                verdict.why_unsure,
            )
        )
    columns = "face expression likeliest probability low high frames share_of_frames why_unsure".split()
    table = pd.DataFrame(rows, columns=columns)
    return table.astype(
        {
            **dict.fromkeys(["face", "frames"], "int64"),
            **dict.fromkeys(["probability", "low", "high", "share_of_frames"], float),
            **dict.fromkeys(["expression", "likeliest", "why_unsure"], "str"),
        }
    )
