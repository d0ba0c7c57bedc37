from pathlib import Path

from ferfusion.corpora.ferv39k import list_ferv39k
from helpers.corpora import left_out_of, rows_of
from helpers.image_trees import write_ferv39k


def test_list_ferv39k_reads_the_official_split_over_all_scenes(tmp_path: Path) -> None:
    listing = list_ferv39k(write_ferv39k(tmp_path))
    assert rows_of(listing) == [
        ("Action-Angry-0001", "Action-Angry-0001", "Anger", "train"),
        ("Action-Happy-0267", "Action-Happy-0267", "Happiness", "train"),
        ("War-Fear-0009", "War-Fear-0009", "Fear", "test"),
    ]
    assert listing.entries[0].path == tmp_path / "2_ClipsforFaceCrop/Action/Angry/0001"


def test_list_ferv39k_gives_a_reason_for_each_left_out_file(tmp_path: Path) -> None:
    assert left_out_of(list_ferv39k(write_ferv39k(tmp_path))) == {
        "4_setups/All_scenes/test_All.csv: War/x": "'9' is none of the seven emotions",
        "4_setups/All_scenes/test_All.csv: War/Fear/0010": "a row without frames",
        "2_ClipsforFaceCrop/War/Sad/0044": "in no table of the split",
        "4_setups/22_scenes/Action/train_Action.csv": "not an image or a table of the split",
    }
