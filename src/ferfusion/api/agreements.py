"""Agreement of the raters of a label project."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ferfusion.errors import ConfigError
from ferfusion.reporting.words import counted

if TYPE_CHECKING:
    import pandas as pd

    from ferfusion.labelling.agreement import Alpha, Ratings
    from ferfusion.labelling.project import Project


@dataclass(frozen=True, repr=False, eq=False)
class Agreement:
    """How far the raters of a project agree; made by ``Labels.agreement``.

    Only items that a rater has finished count.

    Attributes:
        raters: Names of the raters.
    """

    _project: "Project"
    _ratings: "Ratings"
    raters: tuple[str, ...]

    @property
    def alpha(self) -> "pd.DataFrame":
        """Krippendorff's alpha of the classes (nominal) and of the intensities (ordinal), a row each.

        Columns: ``what, kind, value, low, high, videos, units``; the interval is over videos. A missing value
        says that two raters never could differ.
        """
        import pandas as pd  # noqa: PLC0415

        from ferfusion.labelling.agreement import measure_alpha  # noqa: PLC0415 numpy

        project, ratings = self._project, self._ratings
        size = len(project.classes) + 1
        rows = [_row("class", "nominal", measure_alpha(ratings.by_video(ratings.classes), size))]
        if project.intensities:
            strengths = ratings.by_video(ratings.intensities)
            found = measure_alpha(strengths, project.intensities, ordinal=True)
            rows.append(_row("intensity", "ordinal", found))
        return pd.DataFrame(rows)

    @property
    def caution(self) -> str:
        """Why the intervals are narrower than they should be; empty if they are not."""
        from ferfusion.evaluation.uncertainty import FEW_SUBJECTS  # noqa: PLC0415 numpy

        videos = int(self.alpha["videos"].iloc[0])
        if videos >= FEW_SUBJECTS:
            return ""
        return (
            f"Two raters or more finished {counted(videos, 'video')}. With fewer than {FEW_SUBJECTS}, "
            "intervals are too narrow: the uncertainty is larger than shown."
        )

    @property
    def per_class(self) -> "pd.DataFrame":
        """Alpha of each class against all the rest, in the columns of ``alpha``."""
        import numpy as np  # noqa: PLC0415
        import pandas as pd  # noqa: PLC0415

        from ferfusion.labelling.agreement import MISSING, measure_alpha  # noqa: PLC0415 numpy

        rows = []
        units = self._ratings.by_video(self._ratings.classes)
        for code, name in enumerate(self._project.classes.names):
            this = [np.where(each == MISSING, MISSING, (each == code).astype(np.int64)) for each in units]
            rows.append(_row(name, "nominal", measure_alpha(this, 2)))
        return pd.DataFrame(rows)

    def confusion(self, rater: str, other: str) -> "pd.DataFrame":
        """Return how two raters labelled what both finished: rows of the first, columns of the second.

        The numbers are videos, or seconds of stretches; ``none`` is time without a mark.

        Raises:
            ConfigError: the project has no such rater.
        """
        import numpy as np  # noqa: PLC0415
        import pandas as pd  # noqa: PLC0415

        from ferfusion.labelling.agreement import GRID_SECONDS, MISSING, NONE  # noqa: PLC0415 numpy
        from ferfusion.labelling.project import STRETCHES  # noqa: PLC0415

        places = [self._place(name) for name in (rater, other)]
        names = [*self._project.classes.names, NONE]
        counts = np.zeros((len(names), len(names)))
        for units in self._ratings.classes:
            pairs = units[:, places]
            both = pairs[(pairs != MISSING).all(axis=1)]
            np.add.at(counts, (both[:, 0], both[:, 1]), 1)
        is_stretches = self._project.marks == STRETCHES
        unit = GRID_SECONDS if is_stretches else 1
        table = pd.DataFrame(counts * unit, index=names, columns=names).round(1)
        table.index.name, table.columns.name = rater, other
        return table if is_stretches else table.iloc[:-1, :-1].astype(int)

    @property
    def disputed(self) -> "pd.DataFrame":
        """A row per item on which raters differ, the most disputed first.

        Columns: ``item, path, subject, face, differ``; the last is the share of the pairs of answers that
        differ.
        """
        import pandas as pd  # noqa: PLC0415

        rows = [
            [item.id, item.path, item.subject, item.face, round(differ, 4)]
            for place, item in enumerate(self._ratings.items)
            if (differ := self._ratings.disagreement(place)) > 0
        ]
        found = pd.DataFrame(rows, columns=["item", "path", "subject", "face", "differ"])
        return found.sort_values("differ", ascending=False, kind="stable", ignore_index=True)

    def _place(self, rater: str) -> int:
        if rater not in self.raters:
            raise ConfigError(f"There is no rater {rater!r}; the project has {', '.join(self.raters)}")
        return self.raters.index(rater)

    def __repr__(self) -> str:
        found = self.alpha.iloc[0]
        return (
            f"Agreement of {counted(len(self.raters), 'rater')}: alpha of the classes {found['value']:.2f}, "
            f"{found['low']:.2f} to {found['high']:.2f} over {counted(int(found['videos']), 'video')}"
        )

    def _repr_html_(self) -> str:
        return str(self.alpha.round(2).to_html(index=False))


def _row(what: str, kind: str, found: "Alpha") -> dict[str, Any]:
    ends = {"low": found.interval.low, "high": found.interval.high}
    return {
        "what": what,
        "kind": kind,
        "value": found.value,
        **ends,
        "videos": found.videos,
        "units": found.units,
    }
