from pathlib import Path

import pytest

from ferfusion.corpora.oulu_casia import list_oulu_casia
from ferfusion.errors import CorpusError
from helpers.corpora import left_out_of, notes_of, rows_of
from helpers.image_trees import write_oulu_casia


def test_list_oulu_casia_uses_visible_and_strong_light_by_default(tmp_path: Path) -> None:
    assert rows_of(list_oulu_casia(write_oulu_casia(tmp_path))) == [
        ("VL-Strong-P001-Anger", "P001", "Anger", None),
        ("VL-Strong-P001-Happiness", "P001", "Happiness", None),
        ("VL-Strong-P080-Surprise", "P080", "Surprise", None),
        ("VL-Strong-P002-Fear", "P002", "Fear", None),  # there as a cropped copy only
    ]


def test_list_oulu_casia_uses_a_cropped_copy_without_an_original(tmp_path: Path) -> None:
    listing = list_oulu_casia(write_oulu_casia(tmp_path))
    assert notes_of(listing) == {"VL-Strong-P002-Fear": "cropped by the corpus's makers"}


def test_list_oulu_casia_gives_a_reason_for_each_left_out_file(tmp_path: Path) -> None:
    assert left_out_of(list_oulu_casia(write_oulu_casia(tmp_path))) == {
        "OriginalImg/NI/Strong/P001/Anger": "of NI/Strong; VL/Strong is used",
        "OriginalImg/VL/Weak/P001/Anger": "of VL/Weak; VL/Strong is used",
        "OriginalImg/VL/Strong/P080/Talking": "the folder Talking is none of the six emotions",
        "PreProcess_Img/VL_Acropped/Strong/P001/Anger": "the same take as OriginalImg/VL/Strong/P001/Anger",
        "OriginalImg/readme.txt": "not an image",
    }


def test_list_oulu_casia_reads_another_camera_or_light(tmp_path: Path) -> None:
    write_oulu_casia(tmp_path)
    assert rows_of(list_oulu_casia(tmp_path, camera="NI")) == [
        ("NI-Strong-P001-Anger", "P001", "Anger", None)
    ]
    assert rows_of(list_oulu_casia(tmp_path, light="Weak")) == [("VL-Weak-P001-Anger", "P001", "Anger", None)]
    with pytest.raises(CorpusError, match="no VL/Bright; the cameras are VL, NI and the lights Strong"):
        list_oulu_casia(tmp_path, light="Bright")
