from ferfusion.corpora.entries import Votes
from ferfusion.preparation.dataset import DatasetFiles, read_votes
from ferfusion.preparation.votes import write_votes


def test_write_votes_has_the_used_videos_in_their_order(tmp_path):
    files = DatasetFiles(tmp_path)
    votes = Votes(("fear", "=anger"), {"a": (1, 2), "b": (3, 4), "c": (5, 6)})
    write_votes(files, votes, ["c", "a", "without"])
    assert read_votes(files.votes_file).to_dict("list") == {
        "video": ["c", "a"],
        "fear": [5, 1],
        "=anger": [6, 2],
    }


def test_write_votes_writes_nothing_without_any(tmp_path):
    write_votes(DatasetFiles(tmp_path), None, ["a"])
    write_votes(DatasetFiles(tmp_path), Votes(("fear", "anger"), {"b": (1, 2)}), ["a"])
    assert list(tmp_path.iterdir()) == []
