from ferfusion.reporting.columns.tabulated import TABULATED


def test_tabulated_columns_share_their_names_of_keys():
    keys = [[column.name for column in kind.columns][:1] for kind in TABULATED[:4]]
    assert keys == [["variant"]] * 4
    assert [kind.files[0] for kind in TABULATED[:4]] == [
        "frames.csv",
        "videos.csv",
        "people.csv",
        "variants.csv",
    ]
