"""The installation: what works, what does not, and the line that fixes it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def doctor() -> "pd.DataFrame":
    """Check the installation, and predict a sample video.

    Each check runs in its own process, so that a broken package cannot end this one. Takes about half a
    minute.

    Returns:
        ``check, state, found, fix``: a row per check. ``state`` is ok, note (something optional is missing)
        or fault; ``fix`` is the line that fixes it.

    >>> report = fer.doctor()
    >>> report.loc[report["check"] == "prediction", "state"].tolist()
    ['ok']
    """
    import pandas as pd  # noqa: PLC0415

    from ferfusion.installation.checks import check_installation  # noqa: PLC0415 torch

    rows = [(one.name, one.state, one.found, one.fix) for one in check_installation()]
    return pd.DataFrame(rows, columns=["check", "state", "found", "fix"])
