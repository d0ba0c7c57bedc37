"""Explanations of a model's predictions: of pairs of its run, or of a video or photograph."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferfusion.api.datasets import Dataset, as_dataset
from ferfusion.api.models import Model, is_shipped, load_model
from ferfusion.api.runs import Run, as_run
from ferfusion.api.settings import PathOrText, as_folder, as_path, with_settings
from ferfusion.environment import load_torch
from ferfusion.errors import BundleError, ConfigError, file_errors
from ferfusion.explanation.recipe import ExplainRecipe
from ferfusion.files import check_output_folder
from ferfusion.progress import Progress, ShowProgress, shown
from ferfusion.reporting.words import counted

if TYPE_CHECKING:
    import pandas as pd

    from ferfusion.explanation.explain_run import RunExplanation


@dataclass(frozen=True, repr=False, eq=False)
class Explanation:
    """Where a run's model looked, and how much each stream contributed; ``explain`` makes it."""

    _found: "RunExplanation"

    @property
    def page(self) -> Path:
        """The page with the gallery."""
        return self._found.page

    @property
    def contributions(self) -> "pd.DataFrame":
        """A row per predicted pair: true label, ``expression``, and the terms of its log-odds, in nats.

        ``log_odds`` are those of the class ``explained``: the sum of ``baseline`` (a blank face without
        motion) and the contribution of each stream. With ``why_not``, a pair has two rows: one of the
        predicted class, and one of that class.
        """
        import pandas as pd  # noqa: PLC0415

        return pd.concat([one.answers for one in self._found.classes], ignore_index=True)

    @property
    def _predicted(self) -> "pd.DataFrame":
        """The rows of the predicted classes."""
        table = self.contributions
        return table[table["explained"] == table["expression"]]

    @property
    def checks(self) -> Sequence[str]:
        """Results of the sanity checks of the maps, in lines; empty without ``check``."""
        from ferfusion.explanation.explain_page import check_lines  # noqa: PLC0415 torch

        return [] if self._found.checks is None else check_lines(self._found.checks)

    def __repr__(self) -> str:
        return f"Explanation({counted(len(self._predicted), 'pair')}; {str(self.page)!r})"

    def _repr_html_(self) -> str:
        """Return the mean contributions to the predictions of each class, for a notebook."""
        from ferfusion.api.tables import titled_table  # noqa: PLC0415 pandas

        table = self._predicted
        streams = list(table.columns[table.columns.get_loc("baseline") :])
        means = table.groupby("expression")[streams].mean().reset_index()
        return titled_table("Mean contributions to the log-odds of the predicted class, in nats", means)


@file_errors()
def explain(
    run: Run | PathOrText,
    *,
    recipe: ExplainRecipe | None = None,
    check: bool = False,
    dataset: Dataset | PathOrText | None = None,
    **settings: Any,
) -> Explanation:
    """Show where a run's model looked, and how much each stream contributed.

    Writes ``explain.html`` into the run folder, with correctly and wrongly predicted pairs of every class,
    and ``contributions.csv``. The split is the one that the run was trained on.

    Args:
        run: A finished run, or its folder.
        recipe: Settings of the pairs and of the maps.
        check: Also check whether the maps of this run can be trusted: by deletion and by random weights.
        dataset: The run's dataset, if it was moved since the training.
        settings: Fields of ``ExplainRecipe`` by name, such as ``part="test"`` or ``why_not="Fear"``.

    Raises:
        RunError: the run folder is missing or damaged.
        BundleError: the run has no bundle, or the dataset has another preparation recipe.
        DatasetError: the dataset is missing, or has changed since the training.
        ConfigError: a setting cannot be used, or the model has no class ``why_not``.

    Source: Grad-CAM, Selvaraju et al. 2017; HiResCAM, Draelos & Carin 2020; contributions, Shapley 1953.

    >>> fer.explain("run", examples=1).page.name
    'explain.html'
    """
    load_torch()
    from ferfusion.explanation.explain_run import explain_run  # noqa: PLC0415 torch

    place = None if dataset is None else as_dataset(dataset).folder
    how = with_settings(ExplainRecipe, recipe, settings)
    if is_shipped(run):
        raise ConfigError(
            "shipped, the model that comes with the package, has no test people of its own to explain; name "
            "a run, or a video to explain: --video VIDEO"
        )
    folder = as_run(run).folder
    check_output_folder(folder)
    return Explanation(explain_run(folder, how, check=check, dataset=place))


@file_errors()
def explain_video(
    video: PathOrText,
    out: PathOrText,
    *,
    model: Model | PathOrText | None = None,
    recipe: ExplainRecipe | None = None,
    progress: ShowProgress = True,
    **settings: Any,
) -> Path:
    """Write a video that shows, beside every frame, where the model looked and what each stream contributed.

    The faces and their expressions have the numbers and names that ``predict`` gives them. Explained is the
    top class of each frame alone, ``expression``, which may differ from the smoothed name.

    Args:
        video: The video, or a photograph.
        out: Folder of explained videos. A folder for this video is written into it, with ``explained.mp4``
            (of a photograph, ``explained.jpg``) and ``contributions.csv``, a row for every frame, face and
            explained class. Another video of the same name gets another folder.
        model: A model, a run folder or a bundle; by default, the model that comes with the package.
        recipe: Settings of the maps.
        progress: True shows a bar in a terminal or in Jupyter; a function is called with each ``Progress``.
        settings: Fields of ``ExplainRecipe`` by name; only ``method`` and ``why_not`` matter here.

    Returns:
        The explained video or photograph.

    Raises:
        VideoError: the file is no video or photograph that can be read.
        BundleError: the model's file is missing, damaged or no bundle, or is an ONNX file.
        ConfigError: a setting cannot be used, or the model has no class ``why_not``.

    >>> video = fer.sample_corpus() / "s01/fear/s01_fear_1.mp4"
    >>> fer.explain_video(video, "explanations", model="run").name
    'explained.mp4'
    """
    load_torch()
    from ferfusion.inference.drawing.explained_video import explain_footage  # noqa: PLC0415 torch
    from ferfusion.inference.explained_folder import choose_explained_folder  # noqa: PLC0415
    from ferfusion.inference.predict_video import expected_frames  # noqa: PLC0415
    from ferfusion.inference.predictor import TorchPredictor  # noqa: PLC0415
    from ferfusion.inference.recipe import PredictRecipe  # noqa: PLC0415
    from ferfusion.video.footage import open_footage  # noqa: PLC0415

    path, folder = as_path(video), as_folder(out)
    how = with_settings(ExplainRecipe, recipe, settings)
    predictor = load_model(model)._predictor
    if not isinstance(predictor, TorchPredictor):
        raise BundleError(
            f"{predictor.name} is an ONNX file, which gives no gradients for an explanation; "
            "name a run or a bundle that ferfusion trained"
        )
    footage = open_footage(path)
    with shown(progress) as on_progress:
        total = expected_frames(footage.info, PredictRecipe())
        return explain_footage(
            footage,
            path,
            predictor,
            choose_explained_folder(folder, path),
            method=how.method,
            why_not=how.why_not,
            on_frame=lambda stage, frame: on_progress(Progress(stage, path.name, frame, total, "frames")),
        )
