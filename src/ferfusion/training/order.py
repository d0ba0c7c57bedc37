"""Which training rows an epoch reads: made in one place from the recipe, the rows and their classes."""

import numpy as np
import numpy.typing as npt

from ferfusion.data.order import EvenClasses, RowOrder, Shuffled
from ferfusion.training.recipe import TrainRecipe


def make_order(recipe: TrainRecipe, rows: npt.NDArray[np.int64], codes: npt.NDArray[np.int64]) -> RowOrder:
    """Return the order that a recipe asks for.

    Args:
        recipe: How to train.
        rows: Rows of the training part.
        codes: Class code of every row of the table, as it is trained on.
    """
    rows_per_class = recipe.treatment.rows_per_class
    if rows_per_class is None:
        return Shuffled(rows)
    return EvenClasses(rows, codes[rows], per_class=rows_per_class(np.bincount(codes[rows]).tolist()))
