"""Bundles with random weights."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from ferfusion.bundle import Bundle
from ferfusion.evaluation.model_scores import BundleMetrics
from ferfusion.label_set import SIX
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.preparation.recipe import PrepareRecipe


def untrained_bundle(
    *,
    seed: int = 1,
    metrics: Mapping[str, Any] | None = None,
    prepare_recipe: PrepareRecipe | None = None,
    **config: Any,
) -> Bundle:
    """A bundle of six classes whose model has the weights of a seed; ``config`` are fields of ModelConfig."""
    model_config = ModelConfig(**config)
    return Bundle(
        weights=build_model(model_config, len(SIX), seed=seed).eval().state_dict(),
        model_config=model_config,
        labels=SIX,
        prepare_recipe=prepare_recipe or PrepareRecipe(),
        training={},
        metrics=cast(BundleMetrics, dict(metrics or {})),
        rights="none",
    )


def drawn_faces(
    config: ModelConfig, count: int, *, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Random crops, flows and, for a model with windows, windows that end with the crops, or of curves."""
    rng = np.random.default_rng(seed)
    windows = rng.integers(0, 256, (count, config.frames, config.size, config.size, 3), np.uint8)
    flow = rng.normal(0, 1, (count, 2, config.size, config.size)).astype(np.float16)
    crops = windows[:, -1]
    if config.reads_actions:
        return crops, flow, rng.random((count, *config.window_shape), np.float32)
    return crops, flow, windows if config.window else None
