from pathlib import Path

import pytest

from ferfusion.corpora.catalogue import CORPORA, STILLS_CORPORA
from ferfusion.corpora.dfew import FOLDS, list_dfew
from ferfusion.corpora.recognise import SIGNS
from helpers.image_trees import write_dfew


@pytest.mark.parametrize("fold", FOLDS)
def test_corpora_has_an_item_for_each_fold_of_dfew(tmp_path: Path, fold: int) -> None:
    root = write_dfew(tmp_path)
    assert CORPORA["dfew" if fold == 1 else f"dfew{fold}"](root) == list_dfew(root, fold=fold)


def test_corpora_and_stills_corpora_share_no_name() -> None:
    assert not CORPORA.keys() & STILLS_CORPORA.keys()


def test_recognise_knows_only_corpora_of_the_catalogue() -> None:
    assert CORPORA.keys() | STILLS_CORPORA.keys() >= SIGNS.keys()
