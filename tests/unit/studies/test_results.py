from ferfusion.studies.findings import classes_table
from ferfusion.studies.results import Results


def test_findings_of_a_study_are_results(findings):
    found: Results = findings
    assert [each.name for each in found.variants] == [found.of(each.name).name for each in found.variants]
    assert set(classes_table(found)["variant"]) == {each.name for each in found.variants}
