"""The report's networks as exported Keras files, and a check that a real Keras gives the same answers.

No test runs the check, and ferfusion needs no Keras. Write the files with ferfusion (extra ``keras``), then
open them with Keras 2 and with Keras 3, each in an environment of its own (any backend, such as torch with
KERAS_BACKEND=torch):

    PYTHONPATH=tests python tests/helpers/keras_exports.py write FOLDER
    pip install tensorflow-cpu==2.15.1 && python tests/helpers/keras_exports.py open FOLDER
    pip install keras==3.15.1 tensorflow-cpu && python tests/helpers/keras_exports.py open FOLDER

The check fails where a probability differs by more than 1e-5.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

TOLERANCE = 1e-5
OPERATORS = ("concat", "sum", "average", "max", "product")
NETWORKS: dict[str, dict[str, Any]] = {
    f"{layer}-{operator}": {"fusion": f"{layer}-{operator}", "input_scaling": "unit", "flow_encoding": "hsv"}
    for layer in ("flatten", "gap")
    for operator in OPERATORS
} | {
    "spatial": {"architecture": "spatial", "fusion": "flatten-concat", "input_scaling": "unit"},
    "spatial-gap": {"architecture": "spatial", "fusion": "gap-concat"},
    "table1": {"stream": "table1", "fusion": "flatten-sum"},
    "spatial-map": {"stream": "spatial-map", "fusion": "flatten-concat", "size": 64},
    "widths": {"stream": "listing-24-40", "fusion": "flatten-concat", "head_units": 56, "dropout": 0.4},
}
"""Settings of each network; images are standardised where nothing else is said."""


def images(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return faces and flows (B, size, size, 3) in [0, 1]; the last ones are faint, and of one colour."""
    rng = np.random.default_rng(size)
    drawn = rng.random((2, 5, 8, 8, 3), np.float32)
    drawn = np.kron(drawn, np.ones((1, 1, size // 8, size // 8, 1), np.float32))
    drawn[:, 3] = 0.5 + 0.01 * (drawn[:, 3] - 0.5)
    drawn[:, 4] = 0.25
    return drawn[0], drawn[1]


def write(folder: Path) -> None:
    """Export every network in both forms, with our answers."""
    import torch

    import ferfusion as fer
    from ferfusion.bundle import save_bundle
    from ferfusion.preparation.recipe import PrepareRecipe
    from helpers.bundles import untrained_bundle

    folder.mkdir(parents=True, exist_ok=True)
    answers = {}
    for seed, (name, settings) in enumerate(NETWORKS.items()):
        size = settings.get("size", 48)
        recipe = PrepareRecipe(size=size, flow_size=max(size, 100))
        bundle = untrained_bundle(seed=seed, prepare_recipe=recipe, **settings)
        draws = torch.Generator().manual_seed(seed)
        for tensor in bundle.weights.values():
            # new biases are zero, and the answers of a new network hardly depend on the image
            tensor.copy_(tensor * 1.5 if tensor.ndim > 1 else torch.randn(tensor.shape, generator=draws) / 10)
        save_bundle(folder / f"{name}.safetensors", bundle)
        for suffix in (".h5", ".keras"):
            fer.export(folder / f"{name}.safetensors", folder / f"{name}{suffix}")
        pixels = [torch.from_numpy(each).permute(0, 3, 1, 2) for each in images(size)]
        with torch.inference_mode():
            answers[name] = bundle.build_model()(*pixels).softmax(1).numpy()
    np.savez(folder / "answers.npz", **answers)


def open_all(folder: Path) -> None:
    """Open every file with this environment's Keras, and compare its answers with ours."""
    import keras

    backend = keras.backend.backend() if callable(getattr(keras.backend, "backend", None)) else "tensorflow"
    print(f"Keras {keras.__version__} on {backend}")
    worst = 0.0
    with np.load(folder / "answers.npz") as answers:
        for name, settings in NETWORKS.items():
            faces, flows = images(settings.get("size", 48))
            for suffix in (".h5", ".keras"):
                model = keras.models.load_model(folder / f"{name}{suffix}", compile=False)
                given = [faces, flows] if len(model.inputs) == 2 else faces
                found = np.asarray(model.predict(given, verbose=0))
                difference = float(np.abs(found - answers[name]).max())
                spread = float(np.ptp(answers[name], axis=0).max())
                print(f"{name}{suffix}: largest difference {difference:.1e}, answers over {spread:.2f}")
                worst = max(worst, difference)
    print(f"largest difference of all: {worst:.1e}")
    if not worst <= TOLERANCE:
        raise SystemExit(f"a probability differs by more than {TOLERANCE:g}")


if __name__ == "__main__":
    {"write": write, "open": open_all}[sys.argv[1]](Path(sys.argv[2]))
