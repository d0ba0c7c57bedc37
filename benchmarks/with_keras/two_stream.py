"""The listing's two-stream model in Keras, trained on arrays; benchmarks/train.py runs it.

    python benchmarks/with_keras/two_stream.py ARRAYS.npz THREADS POLICY

Needs an environment with tensorflow-cpu. For every line on standard input it trains one epoch and prints its
seconds, by the clock and of the processor. The first batch is left out and the rest is scaled to the epoch,
since the first batch of some epochs waits for seconds without computing. POLICY is Keras' dtype policy:
float32 or mixed_bfloat16.
"""

import os
import sys
import time
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

BATCH = 64
Arrays = dict[str, np.ndarray[Any, Any]]


def stream(image: Any) -> Any:
    """The report's listing: 64, 64, 64, 128, 128 channels, and a global average."""
    x = layers.Conv2D(64, 5, activation="relu")(image)
    x = layers.MaxPooling2D(5, strides=2)(x)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.AveragePooling2D(3, strides=2)(x)
    x = layers.Conv2D(128, 3, activation="relu")(x)
    x = layers.Conv2D(128, 3, activation="relu")(x)
    return layers.GlobalAveragePooling2D()(x)


def two_stream(*, jit: bool) -> Any:
    images = [keras.Input((48, 48, 3)) for _ in range(2)]
    x = layers.concatenate([stream(image) for image in images])
    x = layers.Dropout(0.1)(layers.Dense(1024, activation="relu")(x))
    x = layers.Dense(1024, activation="relu", kernel_regularizer=keras.regularizers.l2(0.001))(x)
    outputs = layers.Dense(6, activation="softmax", dtype="float32")(layers.Dropout(0.1)(x))
    model = keras.Model(images, outputs)
    model.compile(
        optimizer=keras.optimizers.RMSprop(1e-4),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit,
    )
    return model


class BatchEnds(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Records the clock and the processor's time at the end of every batch."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[tuple[float, float]] = []

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.ends.append((time.perf_counter(), time.process_time()))

    def seconds_of_epoch(self) -> list[float]:
        """Return the seconds of all batches, extrapolated from those after the first."""
        batches = len(self.ends)
        return [
            (last - first) * batches / (batches - 1)
            for first, last in zip(self.ends[0], self.ends[-1], strict=True)
        ]


def seconds_of_epoch(model: Any, arrays: Arrays) -> list[float]:
    noted = BatchEnds()
    inputs = [arrays["spatial"], arrays["flow"]]
    model.fit(inputs, arrays["codes"], batch_size=BATCH, shuffle=True, verbose=0, callbacks=[noted])
    return noted.seconds_of_epoch()


def faster_model(arrays: Arrays) -> tuple[Any, str]:
    """Compile with and without XLA, and return the faster model."""
    few = {name: array[: 4 * BATCH] for name, array in arrays.items()}
    models = {jit: two_stream(jit=jit) for jit in (False, True)}
    seconds: dict[bool, list[float]] = {}
    for jit, model in models.items():
        seconds_of_epoch(model, few)
        seconds[jit] = min(seconds_of_epoch(model, few) for _ in range(2))
    best = min(seconds, key=seconds.__getitem__)
    return models[best], "with XLA" if best else "without XLA"


def main() -> None:
    path, threads, policy = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    keras.config.set_dtype_policy(policy)
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    arrays = dict(np.load(path))
    model, compiled = faster_model(arrays)
    print(f"Keras {keras.__version__} on TensorFlow {tf.__version__}, {policy}, {compiled}", flush=True)
    print(model.count_params(), flush=True)
    for _ in sys.stdin:
        print(*seconds_of_epoch(model, arrays), flush=True)


if __name__ == "__main__":
    main()
