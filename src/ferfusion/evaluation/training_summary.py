"""What a bundle says about the training of its model."""

from typing import Any, TypedDict


class TrainingSummary(TypedDict, total=False):
    """The training of a bundle; a bundle that was imported has the keys of the second paragraph.

    Attributes:
        recipe: Fields of the ``TrainRecipe``.
        start: SHA-256 of each file of initial weights.
        corpus: Name of the corpus's layout, or ``unknown``.
        actions: Estimator of the facial actions that it reads; absent if it reads none.
        split_hash: Hash of the split.
        dataset_identity: Identity of the dataset: its clips, labels, subjects and recipe.
        learned_clips: Fingerprint of each clip of the training and validation parts (``learned_clips``).
        calibrated_clips: The same of each clip that temperature and thresholds were fitted on, if others.
        class_counts: Pairs of each class in the training part.
        parameters: Number of trainable values.
        epochs: Number of epochs.
        best_epoch: Epoch of the weights.
        seconds: Duration of the training.

        imported_from: Name of the imported file.
        sha256: Hash of the imported file.
        keras_version: Version of Keras that wrote it, or ``unknown``.
        outputs_in_file: Labels of its outputs, in the order of the file.
        largest_pixel: Value of a white pixel in its training, 1 or 255.
        weights_alone: Whether it has weights and no layer graph.
        note: What is not known about the model, as text.
    """

    recipe: dict[str, Any]
    start: dict[str, str]
    corpus: str
    actions: str
    split_hash: str
    dataset_identity: str
    learned_clips: list[str]
    calibrated_clips: list[str]
    class_counts: dict[str, int]
    parameters: int
    epochs: int
    best_epoch: int
    seconds: float
    imported_from: str
    sha256: str
    keras_version: str
    outputs_in_file: list[str]
    largest_pixel: int
    weights_alone: bool
    note: str
