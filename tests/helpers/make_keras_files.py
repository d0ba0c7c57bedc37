"""Writes the files of tests/data/keras with a real Keras; no test runs this, and ferfusion needs no Keras.

Twice, each in an environment of its own (the backend of Keras 3 may be any):

    pip install tensorflow-cpu==2.15.1 && python tests/helpers/make_keras_files.py tests/data/keras
    pip install keras==3.15.1 tensorflow-cpu && python tests/helpers/make_keras_files.py tests/data/keras

Each file is a model of the report's real size, gzipped; few of its weights are not zero, so that it stays
small. ``keras2.npz`` and ``keras3.npz`` hold the images that the models were called with, as whole numbers
from 0 to 255, and for each file what Keras answered.
"""

import gzip
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers

MAJOR = keras.__version__.partition(".")[0]
PICTURES = 3
HEAVY = 6  # weights of each output that are not zero


def stream(x, early, late, end, *, name=""):
    """One stream of section 3; ``end`` is how its last map becomes a vector. Layers are named on demand."""

    def called(part):
        return {"name": f"{name}_{part}"} if name else {}

    x = layers.Conv2D(early, (5, 5), activation="relu", **called("first"))(x)
    x = layers.MaxPooling2D(pool_size=(5, 5), strides=(2, 2), **called("max"))(x)
    x = layers.Conv2D(early, (3, 3), activation="relu", **called("second"))(x)
    x = layers.Conv2D(early, (3, 3), activation="relu", **called("third"))(x)
    x = layers.AveragePooling2D(pool_size=(3, 3), strides=(2, 2), **called("mean"))(x)
    x = layers.Conv2D(late, (3, 3), activation="relu", **called("fourth"))(x)
    x = layers.Conv2D(late, (3, 3), activation="relu", **called("fifth"))(x)
    if end == "gap":
        return layers.GlobalAveragePooling2D(**called("vector"))(x)
    if end == "pool":
        x = layers.AveragePooling2D(pool_size=(3, 3), strides=(2, 2), **called("last"))(x)
    return layers.Flatten(**called("vector"))(x)


def head(x, *, dropout=0.1):
    """The classifier of section 3."""
    x = layers.Dense(1024, activation="relu")(x)
    x = layers.Dropout(dropout)(x)
    x = layers.Dense(1024, activation="relu", kernel_regularizer=keras.regularizers.l2(0.05))(x)
    x = layers.Dropout(dropout)(x)
    return layers.Dense(6, activation="softmax")(x)


def two_streams(merge, end, *, early=64, late=128, names=("", ""), merge_flow_first=False, dropout=0.1):
    """Two fused streams as the notebooks build them."""
    spatial, flow = (
        keras.Input((48, 48, 3), **({"name": f"{name}_input"} if name else {})) for name in names
    )
    vectors = [
        stream(image, early, late, end, name=name) for image, name in zip((spatial, flow), names, strict=True)
    ]
    fused = merge(vectors[::-1] if merge_flow_first else vectors)
    return keras.Model([spatial, flow], [head(fused, dropout=dropout)])


def spatial_only(end, *, early=64, late=128):
    """The spatial stream alone, as the spatial notebook builds it."""
    image = keras.Input((48, 48, 3))
    return keras.Model([image], [head(stream(image, early, late, end), dropout=0.6)])


def sequential(early=128, late=256):
    """The spatial stream alone without its last average pooling, as a Sequential model."""
    return keras.Sequential(
        [
            keras.Input((48, 48, 3)),
            layers.Conv2D(early, 5, activation="relu"),
            layers.MaxPooling2D(5, strides=2),
            layers.Conv2D(early, 3, activation="relu"),
            layers.Conv2D(early, 3, activation="relu"),
            layers.AveragePooling2D(3, strides=2),
            layers.Conv2D(late, 3, activation="relu"),
            layers.Conv2D(late, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(1024, activation="relu"),
            layers.Dense(1024, activation="relu"),
            layers.Dense(6, activation="softmax"),
        ]
    )


def compiled(model):
    """A model as a checkpoint of the notebooks has it: with its optimizer."""
    model.compile(
        loss="categorical_crossentropy", optimizer=keras.optimizers.RMSprop(learning_rate=1e-5, rho=0.9)
    )
    return model


def set_sparse_weights(model, *, seed, largest_pixel=1.0):
    """Give a model weights that compress well and that let a signal through all its layers."""
    rng = np.random.default_rng(seed)
    values = []
    for array in model.get_weights():
        if array.ndim == 1:
            values.append(rng.integers(-4, 5, array.shape) / 64)
            continue
        fan_in, outputs = array[..., 0].size, array.shape[-1]
        heavy = fan_in // 4 if outputs == 6 else HEAVY
        kernel = np.zeros((fan_in, outputs))
        for column in kernel.T:
            chosen = rng.choice(fan_in, heavy, replace=False)
            column[chosen] = rng.integers(-12, 15, heavy) / 16 * 2 / HEAVY**0.5
        if array.shape[:3] == (5, 5, 3):
            kernel /= largest_pixel
        values.append(kernel.reshape(array.shape))
    model.set_weights([value.astype(np.float32) for value in values])


def models():
    """Names of the files, each with its model and the largest pixel value that it reads."""
    if MAJOR == "2":
        return {
            "keras2_flatten_concat.h5": (compiled(two_streams(layers.concatenate, "pool")), 1),
            "keras2_spatial.h5": (spatial_only("pool"), 255),
            "keras2_gap_average.keras": (two_streams(layers.average, "gap"), 1),
            "keras2_only.weights.h5": (two_streams(layers.add, "pool"), 1),
            "keras2_only_weights.h5": (two_streams(layers.average, "gap"), 1),
        }
    return {
        "keras3_gap_sum.h5": (compiled(two_streams(layers.add, "gap")), 1),
        "keras3_named.keras": (
            compiled(
                two_streams(
                    layers.concatenate, "pool", names=("face", "motion"), merge_flow_first=True, dropout=0.4
                )
            ),
            1,
        ),
        "keras3_sequential_map.keras": (sequential(), 1),
        "keras3_only.weights.h5": (
            two_streams(layers.concatenate, "gap", names=("face", "motion"), merge_flow_first=True),
            1,
        ),
    }


def main(folder: Path) -> None:
    """Write this Keras' files into ``folder``."""
    rng = np.random.default_rng(int(MAJOR))
    # squares of 6 pixels, so that the images still differ after all pooling layers
    spatial, flow = rng.integers(0, 256, (2, PICTURES, 8, 8, 3), dtype=np.uint8).repeat(6, 2).repeat(6, 3)
    known = {"spatial": spatial, "flow": flow}
    for seed, (name, (model, largest_pixel)) in enumerate(models().items()):
        set_sparse_weights(model, seed=seed, largest_pixel=largest_pixel)
        file = folder / name
        if "only" in name:
            model.save_weights(file)
        else:
            model.save(file)
        images = [image.astype(np.float32) / 255 * largest_pixel for image in (spatial, flow)]
        answer = model.predict(images if len(model.inputs) == 2 else images[0], verbose=0)
        known[name] = answer
        (folder / f"{name}.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))
        print(f"{name}: {file.stat().st_size:,} bytes, {(folder / f'{name}.gz').stat().st_size:,} zipped")
        print(answer.round(4))
        file.unlink()
    np.savez_compressed(folder / f"keras{MAJOR}.npz", **known)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
