from ferfusion.curation.findings import TITLES, WITHOUT_STUDY, WITHOUT_VOTES, find
from ferfusion.progress import Progress
from helpers.curated import write_curated


def test_find_of_a_plain_dataset_says_plainly_that_nothing_was_found(tmp_path):
    steps: list[Progress] = []
    found = find(write_curated(tmp_path / "data", people=2), on_progress=steps.append)
    assert [found.lines[key][0] for key in TITLES] == [
        "Nothing stands out in the counts.",
        "No two videos with near-identical crops.",
        WITHOUT_STUDY.format(folds=" --folds 5", unseen="person"),
        WITHOUT_VOTES,
        "0 of 24 frames lost (0.0\N{NO-BREAK SPACE}%).",
    ]
    assert {name for name, table in found.tables.items() if len(table)} == {"classes", "people"}
    assert (steps[0].done, steps[-1].done, steps[-1].total) == (0, 5, 5)
