"""The trained artefact on disk: one safetensors file with everything that a prediction needs.

Weights are its tensors; the rest is JSON text in its header. Reading it runs no code from the file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

import ferfusion
from ferfusion.errors import BundleError, ConfigError
from ferfusion.files import write_whole
from ferfusion.labels import LabelSet
from ferfusion.models.bases import ExpressionModel
from ferfusion.models.config import ModelConfig
from ferfusion.models.zoo import build_model
from ferfusion.preparation.recipe import PrepareRecipe

FORMAT = "ferfusion-bundle"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Bundle:
    """A trained model and what must be known to use it.

    Attributes:
        weights: The model's tensors by name.
        model_config: Which network they belong to.
        labels: What its outputs mean, in order.
        recipe: How the videos that it learned from became input; a new video goes the same way.
        training: Summary of the training: recipe, corpus, best epoch.
        metrics: What it reached, with intervals where they are known.
        rights: Licence and rights, as text.
        version: Version of this package that wrote it.
    """

    weights: Mapping[str, Tensor]
    model_config: ModelConfig
    labels: LabelSet
    recipe: PrepareRecipe
    training: Mapping[str, Any]
    metrics: Mapping[str, Any]
    rights: str
    version: str = ferfusion.__version__

    def build_model(self) -> ExpressionModel:
        """Return the model with its weights, in evaluation mode.

        Raises:
            BundleError: the weights do not fit the model config.
        """
        model = build_model(self.model_config, len(self.labels))
        expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
        found = {name: tuple(tensor.shape) for name, tensor in self.weights.items()}
        if expected != found:
            name = min(name for name in {*expected, *found} if expected.get(name) != found.get(name))
            raise BundleError(
                f"The bundle's weights do not fit its model config: {name} is {found.get(name, 'missing')}, "
                f"expected {expected.get(name, 'no such tensor')}; the file is damaged or of another version"
            )
        model.load_state_dict(dict(self.weights))
        return model.eval()


def bundle_metadata(bundle: Bundle) -> dict[str, str]:
    """Return everything of a bundle but its weights, as text."""
    return {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "version": bundle.version,
        "model": json.dumps(bundle.model_config.to_dict()),
        "labels": json.dumps(bundle.labels.names),
        "prepare_recipe": json.dumps(bundle.recipe.to_dict()),
        "prepare_recipe_hash": bundle.recipe.hash,
        "training": json.dumps(dict(bundle.training)),
        "metrics": json.dumps(dict(bundle.metrics)),
        "rights": bundle.rights,
    }


def save_bundle(path: Path, bundle: Bundle) -> None:
    """Write a bundle whole or not at all."""
    weights = {name: tensor.contiguous() for name, tensor in bundle.weights.items()}
    # save_file would make a file that only its owner may read
    write_whole(path, lambda partial: partial.write_bytes(save(weights, bundle_metadata(bundle))))


def load_bundle(path: Path) -> Bundle:
    """Read a bundle; what is kept in half precision becomes single precision.

    Raises:
        BundleError: there is no such file, it is damaged, it is not a bundle, or a newer version wrote it.
    """
    if not path.is_file():
        raise BundleError(f"There is no bundle {path}; `ferfusion train` writes one into its run folder")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {name: _single(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118 not a dict
    except SafetensorError as error:
        raise BundleError(
            f"{path} is damaged, or is not a bundle ({error}); copy or train it again"
        ) from error
    return bundle_of(path, metadata, weights)


def bundle_of(path: Path, metadata: Mapping[str, str], weights: Mapping[str, Tensor]) -> Bundle:
    """Return the bundle that metadata and weights make; ``path`` is where they were read.

    Raises:
        BundleError: they are of another format, or cannot be used.
    """
    _check_format(path, metadata)
    try:
        return _bundle(metadata, weights)
    except (KeyError, ValueError, TypeError, ConfigError) as error:
        reason = f"no {error} in it" if isinstance(error, KeyError) else str(error)
        raise BundleError(f"{path} cannot be used by ferfusion {ferfusion.__version__}: {reason}") from error


def check_recipe(bundle: Bundle, recipe: PrepareRecipe) -> None:
    """Hold a dataset's preparation against the one that the model learned from.

    Raises:
        BundleError: they differ; the message names the settings.
    """
    differences = bundle.recipe.differences(recipe)
    if differences:
        raise BundleError(
            f"The data was not prepared as what the model learned from: {'; '.join(differences)}. "
            "Prepare it again with the expected settings"
        )


def _check_format(path: Path, metadata: Mapping[str, str]) -> None:
    if metadata.get("format") != FORMAT:
        raise BundleError(f"{path} is not a bundle; `ferfusion train` writes bundles")
    found = metadata.get("format_version", "")
    if found != str(FORMAT_VERSION):
        raise BundleError(
            f"{path} has bundle format {found!r}, this version of ferfusion reads {FORMAT_VERSION}; "
            f"it was written by ferfusion {metadata.get('version', 'of unknown version')}"
        )


def _single(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype == torch.float16 else tensor


def _bundle(metadata: Mapping[str, str], weights: Mapping[str, Tensor]) -> Bundle:
    recipe = PrepareRecipe.from_dict(json.loads(metadata["prepare_recipe"]))
    if recipe.hash != metadata["prepare_recipe_hash"]:
        raise ValueError("the preparation recipe does not have the hash that was written with it")
    if not all(torch.isfinite(tensor).all() for tensor in weights.values()):
        raise ValueError("its weights are not all finite numbers")
    return Bundle(
        weights=weights,
        model_config=ModelConfig.from_dict(json.loads(metadata["model"])),
        labels=LabelSet(tuple(json.loads(metadata["labels"]))),
        recipe=recipe,
        training=json.loads(metadata["training"]),
        metrics=json.loads(metadata["metrics"]),
        rights=metadata["rights"],
        version=metadata["version"],
    )
