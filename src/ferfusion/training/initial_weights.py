"""The weights of a model before its first batch: random, pretrained, or those of another run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from ferfusion.bundle import Bundle, load_bundle
from ferfusion.errors import ConfigError
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.encoder_streams import STREAM_SUFFIX, encoder_streams
from ferfusion.models.pretrained import load_weights
from ferfusion.training.recipe import TrainRecipe


@dataclass(frozen=True)
class Start:
    """Where the weights of a new model come from.

    Attributes:
        model: The model.
        filled: Names of its layers that were filled from a weights file.
        taken: Names of its streams that start from another run.
        left: For each other stream, why it starts from new weights.
    """

    model: ExpressionModel
    filled: tuple[str, ...]
    taken: tuple[str, ...]
    left: dict[str, str]

    @property
    def lines(self) -> list[str]:
        """The lines that report it."""
        lines = []
        if self.filled:
            lines.append(f"Starting from pretrained weights: {', '.join(self.filled)}")
        if self.taken:
            lines.append(f"Starting from the bundle: {', '.join(self.taken)}")
            lines += [f"{name} starts from new weights: {reason}" for name, reason in self.left.items()]
        return lines


def starting_model(model_config: ModelConfig, recipe: TrainRecipe, *, num_classes: int) -> Start:
    """Build a model with the initial weights that a recipe names.

    Raises:
        ConfigError: the weights do not fit the model.
        BundleError: the bundle cannot be read.
    """
    model = build_model(model_config, num_classes, seed=recipe.seed)
    filled = tuple(load_weights(model, recipe.weights)) if recipe.weights else ()
    if not recipe.start_from:
        return Start(model, filled, (), {})
    bundle = load_bundle(Path(recipe.start_from))
    left = take_streams(model, model_config, bundle)
    if not set(encoder_streams(model)) - set(left):
        raise ConfigError(
            f"No stream can start from {recipe.start_from}: "
            f"{'; '.join(f'{name}: {reason}' for name, reason in left.items())}. "
            "Name a bundle with a stream of the same name and shape"
        )
    taken = tuple(name for name in encoder_streams(model) if name not in left)
    return Start(model, filled, taken, left)


def take_streams(model: nn.Module, model_config: ModelConfig, bundle: Bundle) -> dict[str, str]:
    """Copy each stream of a model from a bundle's stream of the same name; return why others were not."""
    left = {}
    for name, stream in encoder_streams(model).items():
        prefix = name + STREAM_SUFFIX + "."
        theirs = {
            key.removeprefix(prefix): tensor
            for key, tensor in bundle.weights.items()
            if key.startswith(prefix)
        }
        if reason := _misfit(name, stream, model_config, theirs, bundle):
            left[name] = reason
        else:
            stream.load_state_dict(theirs)
    return left


def _misfit(
    name: str,
    stream: nn.Module,
    model_config: ModelConfig,
    theirs: Mapping[str, Tensor],
    bundle: Bundle,
) -> str:
    """Return why a stream cannot start from the bundle; empty where it can."""
    if not theirs:
        return "the bundle has no such stream"
    wanted = {key: tuple(tensor.shape) for key, tensor in stream.state_dict().items()}
    found = {key: tuple(tensor.shape) for key, tensor in theirs.items()}
    if wanted != found:
        key = min(key for key in {*wanted, *found} if wanted.get(key) != found.get(key))
        return f"its {key} is {found.get(key, 'missing')} in the bundle, {wanted.get(key, 'missing')} here"
    settings = ("input_scaling", "flow_encoding") if name == "flow" else ("input_scaling",)
    for setting in settings:
        there, here = getattr(bundle.model_config, setting), getattr(model_config, setting)
        if there != here:
            return f"it learned with {setting} {there}, not {here}"
    return ""
