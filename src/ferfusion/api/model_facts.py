"""What a model is, for a list of models."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ferfusion.api.models import Model, load_model
from ferfusion.api.settings import PathOrText
from ferfusion.errors import file_errors

if TYPE_CHECKING:
    from ferfusion.bundle import Bundle


@dataclass(frozen=True)
class ModelFacts:
    """What a model is; made by ``model_facts``.

    Attributes:
        name: Its name in results.
        classes: Its classes.
        architecture: Its architecture, fusion and stream in words; ``onnx`` for an ONNX file.
        size: Side of the crops that it reads, in pixels.
        metrics: ``war``, ``uar`` and ``baseline`` (the WAR of always answering the most frequent class) on
            the validation part; empty if they are not known.
        protocol: What the metrics are of, in words; empty if they are not known.
        caution: Why its verdicts cannot be trusted; empty if they can.
        rights: Licence and rights.
    """

    name: str
    classes: tuple[str, ...]
    architecture: str
    size: int
    metrics: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    protocol: str = ""
    caution: str = ""
    rights: str = ""


@file_errors()
def model_facts(model: Model | PathOrText | None = None) -> ModelFacts:
    """Return what a model is.

    Args:
        model: A model, a run folder, a bundle or an ONNX file; by default, the one of the package.

    Raises:
        BundleError: the file is missing, damaged or no bundle.
        MissingExtraError: the model is an ONNX file, and onnxruntime is not installed.

    >>> facts = fer.model_facts()
    >>> facts.architecture, facts.size, round(facts.metrics["war"], 2)
    ('spatial, residual stream', 48, 0.68)
    """
    loaded = load_model(model)
    known: dict[str, Any] = {
        "name": loaded.name,
        "classes": loaded.labels.names,
        "size": loaded.prepare_recipe.size,
        "caution": loaded.caution,
    }
    from ferfusion.inference.predictor import TorchPredictor  # noqa: PLC0415 torch

    predictor = loaded._predictor
    if not isinstance(predictor, TorchPredictor):
        return ModelFacts(architecture="ONNX file", **known)
    return ModelFacts(**known, **_of_bundle(predictor.description))


def _of_bundle(bundle: "Bundle") -> dict[str, Any]:
    config, scores = bundle.model_config, bundle.metrics
    parts = [config.architecture]
    if len(config.streams) > 1:
        parts.append(f"{config.fusion} fusion")
    parts.append(f"{config.stream} stream")
    facts: dict[str, Any] = {"architecture": ", ".join(parts), "rights": bundle.rights}
    if "war" not in scores or "uar" not in scores:
        return facts
    metrics = {"war": float(scores["war"]), "uar": float(scores["uar"])}
    if "majority_war" in scores:
        metrics["baseline"] = float(scores["majority_war"])
    level = scores.get("level", "pair")
    return facts | {"metrics": metrics, "protocol": f"{scores.get('part', 'validation')} part, per {level}"}
