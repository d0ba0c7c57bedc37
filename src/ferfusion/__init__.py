"""Facial expression recognition from video: prepare, split, train, evaluate, study, explain, predict.

    import ferfusion as fer

    data = fer.prepare("/data/CREMA-D", "crema")
    data.split(seed=0)
    run = fer.train(data, "runs/a", fusion="gap-concat")
    run.evaluate().scores
    fer.load_model("runs/a").predict("clip.mp4").table

Every name is imported when it is used first, so that ``import ferfusion`` itself takes no time.
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from ferfusion.environment import torch_defaults

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ferfusion.api.agreements import Agreement as Agreement
    from ferfusion.api.checks import Check as Check
    from ferfusion.api.checks import check as check
    from ferfusion.api.comparisons import Comparison as Comparison
    from ferfusion.api.comparisons import compare as compare
    from ferfusion.api.datasets import Dataset as Dataset
    from ferfusion.api.datasets import prepare as prepare
    from ferfusion.api.datasets import sample_corpus as sample_corpus
    from ferfusion.api.datasets import split as split
    from ferfusion.api.datasets import synthesize as synthesize
    from ferfusion.api.evaluations import evaluate as evaluate
    from ferfusion.api.explanations import Explanation as Explanation
    from ferfusion.api.explanations import explain as explain
    from ferfusion.api.explanations import explain_video as explain_video
    from ferfusion.api.files import Exported as Exported
    from ferfusion.api.files import export as export
    from ferfusion.api.files import import_keras as import_keras
    from ferfusion.api.foreign import import_onnx as import_onnx
    from ferfusion.api.frames import explain_frame as explain_frame
    from ferfusion.api.frames import frame_at as frame_at
    from ferfusion.api.installation import doctor as doctor
    from ferfusion.api.installation import fetch as fetch
    from ferfusion.api.label_projects import Labels as Labels
    from ferfusion.api.label_projects import labels as labels
    from ferfusion.api.label_queues import label_queue as label_queue
    from ferfusion.api.live import Live as Live
    from ferfusion.api.live import live as live
    from ferfusion.api.model_facts import ModelFacts as ModelFacts
    from ferfusion.api.model_facts import model_facts as model_facts
    from ferfusion.api.models import Model as Model
    from ferfusion.api.models import load_model as load_model
    from ferfusion.api.models import predict as predict
    from ferfusion.api.predictions import Prediction as Prediction
    from ferfusion.api.predictions import Predictions as Predictions
    from ferfusion.api.predictions import UnreadVideo as UnreadVideo
    from ferfusion.api.probes import Probe as Probe
    from ferfusion.api.probes import find_videos as find_videos
    from ferfusion.api.probes import probe as probe
    from ferfusion.api.recipe_options import RecipeOption as RecipeOption
    from ferfusion.api.recipe_options import recipe_options as recipe_options
    from ferfusion.api.runs import Run as Run
    from ferfusion.api.runs import train as train
    from ferfusion.api.scores import Scores as Scores
    from ferfusion.api.settings import as_folder as as_folder
    from ferfusion.api.settings import as_place as as_place
    from ferfusion.api.studies import Study as Study
    from ferfusion.api.studies import study as study
    from ferfusion.api.tabulations import Tables as Tables
    from ferfusion.api.tabulations import tabulate as tabulate
    from ferfusion.api.written_predictions import WrittenPrediction as WrittenPrediction
    from ferfusion.api.written_predictions import read_prediction as read_prediction
    from ferfusion.errors import BundleError as BundleError
    from ferfusion.errors import ConfigError as ConfigError
    from ferfusion.errors import CorpusError as CorpusError
    from ferfusion.errors import DatasetError as DatasetError
    from ferfusion.errors import FerfusionError as FerfusionError
    from ferfusion.errors import FileError as FileError
    from ferfusion.errors import MissingExtraError as MissingExtraError
    from ferfusion.errors import RunError as RunError
    from ferfusion.errors import VideoError as VideoError
    from ferfusion.evaluation.recipe import EvaluateRecipe as EvaluateRecipe
    from ferfusion.explanation.recipe import ExplainRecipe as ExplainRecipe
    from ferfusion.inference.recipe import PredictRecipe as PredictRecipe
    from ferfusion.models.config import ModelConfig as ModelConfig
    from ferfusion.preparation.recipe import PrepareRecipe as PrepareRecipe
    from ferfusion.progress import Progress as Progress
    from ferfusion.splits.recipe import SplitRecipe as SplitRecipe
    from ferfusion.studies.plan import StudyPlan as StudyPlan
    from ferfusion.synthesis.recipe import SynthesisRecipe as SynthesisRecipe
    from ferfusion.training.recipe import TrainRecipe as TrainRecipe

_HOMES = MappingProxyType(
    {
        "api.checks": ("Check", "check"),
        "api.comparisons": ("Comparison", "compare"),
        "api.datasets": ("Dataset", "prepare", "sample_corpus", "split", "synthesize"),
        "api.evaluations": ("evaluate",),
        "api.explanations": ("Explanation", "explain", "explain_video"),
        "api.files": ("Exported", "export", "import_keras"),
        "api.foreign": ("import_onnx",),
        "api.frames": ("explain_frame", "frame_at"),
        "api.installation": ("doctor", "fetch"),
        "api.agreements": ("Agreement",),
        "api.label_projects": ("Labels", "labels"),
        "api.label_queues": ("label_queue",),
        "api.live": ("Live", "live"),
        "api.model_facts": ("ModelFacts", "model_facts"),
        "api.models": ("Model", "load_model", "predict"),
        "api.predictions": ("Prediction", "Predictions", "UnreadVideo"),
        "api.probes": ("Probe", "find_videos", "probe"),
        "api.recipe_options": ("RecipeOption", "recipe_options"),
        "api.runs": ("Run", "train"),
        "api.scores": ("Scores",),
        "api.settings": ("as_folder", "as_place"),
        "api.studies": ("Study", "study"),
        "api.tabulations": ("Tables", "tabulate"),
        "api.written_predictions": ("WrittenPrediction", "read_prediction"),
        "errors": (
            "BundleError",
            "ConfigError",
            "CorpusError",
            "DatasetError",
            "FerfusionError",
            "FileError",
            "MissingExtraError",
            "RunError",
            "VideoError",
        ),
        "evaluation.recipe": ("EvaluateRecipe",),
        "explanation.recipe": ("ExplainRecipe",),
        "inference.recipe": ("PredictRecipe",),
        "models.config": ("ModelConfig",),
        "preparation.recipe": ("PrepareRecipe",),
        "splits.recipe": ("SplitRecipe",),
        "progress": ("Progress",),
        "studies.plan": ("StudyPlan",),
        "synthesis.recipe": ("SynthesisRecipe",),
        "training.recipe": ("TrainRecipe",),
    }
)
"""Where each public name lives. No room has the name of a verb: it would hide the verb."""
_HOME_OF = MappingProxyType({name: home for home, names in _HOMES.items() for name in names})

__all__ = [*_HOME_OF, "__version__"]  # noqa: PLE0604 names of the table above


def __getattr__(name: str) -> object:
    """Import the home of a public name (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'ferfusion' has no attribute {name!r}")
    with torch_defaults():  # the first of these modules may import torch
        value: object = getattr(import_module(f"ferfusion.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
