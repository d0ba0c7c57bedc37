"""Studies across corpora: who is trained on whose people and tested on whose."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from ferfusion.api.studies import Study
from ferfusion.errors import RunError
from ferfusion.reporting.words import counted
from ferfusion.studies.study_folder import StudyFolder

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


class CrossStudy(Study):
    """The folder of a finished study of several datasets; ``fer.study`` and ``fer.Study`` return it."""

    @cached_property
    def table(self) -> "pd.DataFrame":
        """A row per training, tested dataset, level and metric.

        ``trained_on, tested_on, within, level, metric, value, low, high, baseline, majority, seeds,
        seed_deviation, people, videos``
        """
        return self._read("cross")

    @property
    def matrix(self) -> "pd.DataFrame":
        """UAR per video: a row per training, a column per tested dataset."""
        uar = self.table.query("level == 'video' and metric == 'uar'")
        tested = list(dict.fromkeys(uar["tested_on"]))
        return uar.pivot_table(index="trained_on", columns="tested_on", values="value", sort=False)[tested]

    @property
    def summary(self) -> "pd.DataFrame":
        """The scores per video as text, a row per training and tested dataset, with intervals in brackets."""
        import pandas as pd  # noqa: PLC0415

        from ferfusion.api.tables import score_cells  # noqa: PLC0415 pandas

        videos = self.table[self.table["level"] == "video"]
        rows = []
        for (trained_on, tested_on), scores in videos.groupby(["trained_on", "tested_on"], sort=False):
            of = {row["metric"]: row for row in scores.to_dict("records")}
            uar = of["uar"]
            rows.append(
                {
                    "trained on": trained_on,
                    "tested on": f"{tested_on}, held out" if uar["within"] else tested_on,
                    **score_cells(uar, of["war"]),
                    "seeds": str(uar["seeds"]),
                    "people": f"{uar['people']:,}",
                }
            )
        return pd.DataFrame(rows)

    @cached_property
    def comparisons(self) -> "pd.DataFrame":
        """A row per pair of trainings that are tested on the same people, by UAR and by WAR per video.

        Where ``drop`` is true, the first was trained within the tested dataset, and the difference is the
        drop from within to across.
        """
        return self._read("cross_comparisons")

    @property
    def letters(self) -> "pd.DataFrame":
        """A study of one variant has no variants that share a letter.

        Raises:
            RunError: always.
        """
        return self._read("variants")

    def predictions(self, variant: str, level: str = "video") -> "pd.DataFrame":
        """Return the test predictions of a training, a row per seed and video.

        Args:
            variant: The training, as in the column ``trained_on``.
            level: video; the rows per pair are in the ``predictions.csv`` of each run.

        Raises:
            ConfigError: the level is neither video nor pair.
            RunError: the study has no such training, or the level is pair.
        """
        from ferfusion.evaluation.scoring import check_level  # noqa: PLC0415 pandas
        from ferfusion.studies.study_folder import prediction_kind  # noqa: PLC0415
        from ferfusion.tables import read_table  # noqa: PLC0415 pandas

        check_level(level)
        path = StudyFolder(self.folder).table_file("cross_predictions")
        if level != "video":
            raise RunError(
                f"{path} is per video; the predictions.csv of each run in {self.folder} is per pair"
            )
        rows = read_table(path, kind_of=prediction_kind, error=RunError, advice="run the study again")
        own = rows[rows["trained_on"] == variant]
        if own.empty:
            names = ", ".join(dict.fromkeys(rows["trained_on"]))
            raise RunError(f"{self.folder} has no predictions of {variant!r}; it has trained on: {names}")
        return own.reset_index(drop=True)

    def plot(self, level: str = "video", metric: str = "uar") -> "Figure":
        """Draw the heat map: rows are trained on, columns are tested on.

        Args:
            level: video or pair.
            metric: uar, war or macro_f1.

        Raises:
            ConfigError: the level or the metric is another word.
        """
        from ferfusion.evaluation.metrics import METRICS  # noqa: PLC0415 numpy
        from ferfusion.evaluation.scoring import check_level  # noqa: PLC0415 pandas
        from ferfusion.lookup import choose  # noqa: PLC0415
        from ferfusion.studies.cross_figure import heat_map  # noqa: PLC0415 matplotlib

        check_level(level)
        choose(METRICS, metric, what="metric")
        return heat_map(self.table, level=level, metric=metric)

    def _read(self, name: str) -> "pd.DataFrame":
        if name in ("raters", "groups", "group_differences"):
            return super()._read(f"cross_{name}")
        if not name.startswith("cross"):
            raise RunError(f"{self.folder} is a study across corpora, which has no {name}.csv")
        return super()._read(name)

    def __repr__(self) -> str:
        videos: Any = self.table[self.table["level"] == "video"]
        trainings = counted(videos["trained_on"].nunique(), "training")
        seeds = counted(int(videos["seeds"].iloc[0]), "seed")
        people = counted(int(videos.groupby("tested_on")["people"].max().sum()), "person")
        return f"Study({str(self.folder)!r}: across corpora, {trainings}, {seeds}, {people} tested)"
