"""The classes that a model and a dataset share, by name; a model of seven can be measured on six."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ferfusion.errors import DatasetError
from ferfusion.evaluation.restricted import summing_to_one
from ferfusion.label_set import LabelSet, emotion_of_word, word_key


@dataclass(frozen=True)
class SharedClasses:
    """The shared classes of a model and a dataset.

    Attributes:
        labels: Their names in the dataset, in its order.
        outputs: The model's output for each of them.
        model_only: The model's other classes.
        dataset_only: The dataset's other classes.
    """

    labels: LabelSet
    outputs: tuple[int, ...]
    model_only: tuple[str, ...] = ()
    dataset_only: tuple[str, ...] = ()

    def restricted(self, probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the probabilities (B, K) of the shared classes, which sum to 1 again.

        Where the model gives them no probability at all, they are equally likely.

        Args:
            probabilities: Those of all classes of the model, (B, C).
        """
        shared = probabilities[:, list(self.outputs)].astype(np.float64)
        if not self.model_only:
            return shared
        return summing_to_one(shared)

    def outside(self, probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Return for each row (B,) whether the model's top class is none of the shared ones."""
        return ~np.isin(probabilities.argmax(axis=1), self.outputs)


def shared_classes(model: LabelSet, dataset: LabelSet) -> SharedClasses:
    """Return the classes that a model and a dataset share: the same word, or else words for one expression.

    Raises:
        DatasetError: fewer than two are shared, or two classes of one side are one class of the other.

    >>> shared_classes(LabelSet(("Happiness", "Anger", "Neutral")), LabelSet(("anger", "joy", "pain")))
    SharedClasses(labels=LabelSet(names=('anger', 'joy')), outputs=(1, 0), model_only=('Neutral',), \
dataset_only=('pain',))
    """
    outputs = {name: found for name in dataset.names if (found := _outputs(name, model))}
    for name, found in outputs.items():
        if len(found) > 1:
            twice = " and ".join(model.names[output] for output in found)
            raise DatasetError(
                f"{twice} of the model are both {name} in the dataset; choose its classes with --labels when "
                "it is prepared"
            )
        if others := [other for other in outputs if other != name and outputs[other] == found]:
            raise DatasetError(
                f"{name} and {others[0]} of the dataset are both {model.names[found[0]]} of the model; join "
                "them with --label-map when the dataset is prepared"
            )
    if len(outputs) < 2:
        raise DatasetError(
            f"The model has the classes {', '.join(model.names)}, the dataset {', '.join(dataset.names)}; "
            "a measurement needs two classes that both have: prepare the dataset with --label-map"
        )
    taken = tuple(found[0] for found in outputs.values())
    return SharedClasses(
        LabelSet(tuple(outputs)),
        taken,
        tuple(name for output, name in enumerate(model.names) if output not in taken),
        tuple(name for name in dataset.names if name not in outputs),
    )


def _outputs(name: str, model: LabelSet) -> list[int]:
    same = [output for output, other in enumerate(model.names) if _key(other) == _key(name)]
    return same or [
        output
        for output, other in enumerate(model.names)
        if _key(emotion_of_word(other)) == _key(emotion_of_word(name))
    ]


def _key(name: str) -> str:
    return word_key(name) or name
