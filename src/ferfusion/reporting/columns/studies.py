"""Tables of a study, and of a comparison of runs."""

from ferfusion.reporting.columns.kinds import ANSWER, GROUP, IDENTITY, PAIR, PERSON, VIDEO, TableKind, table
from ferfusion.reporting.columns.runs import kept_tables

_SCORES = """
against | text | label, majority (of all votes) or majority_of_classes (of votes for scored classes)
metric | text | war (accuracy) or uar (mean recall over classes); for who = raters, a number about the votes
value | share | mean of the score over seeds, or the number
low | share | lower end of its interval over people; empty for a number
high | share | upper end
baseline | share | the same metric of the best answer without learning
videos | whole number | videos with votes
people | whole number | their people
"""
_GROUPS = f"""
level | text | video
{GROUP.strip()}
metric | text | war (accuracy) or uar (mean recall over classes)
value | share | mean of the score over seeds
low | share | lower end of its interval over people; empty for a single person
high | share | its upper end
note | text | says where there are too few people for a claim
"""
_DIFFERENCES = """
level | text | video
metric | text | uar (mean recall over classes)
column | text | the column of subjects.csv
first | text | a group
second | text | another
difference | -1 to 1 | mean over all compared and their seeds: the metric of first minus that of second
p | probability | of a difference as large or larger if people are dealt to the groups at random
p_adjusted | probability | the same with Holm's correction over all pairs of groups of all columns
detectable | share | difference found in 80 of 100 samples of as many people; empty if they can show none
lowest | -1 to 1 | least difference of one of the compared
highest | -1 to 1 | largest difference of one
p_every | probability | largest p-value of one, with Holm's correction; empty if no mean difference is found
"""


def _raters_and_groups(start: str, command: str, *, whose: str) -> tuple[TableKind, ...]:
    """Return the tables of raters and of groups of people, whose names and columns begin so."""
    names = whose.strip().splitlines()
    compared = names[-1].partition(" | ")[0]
    tested = "".join(f"{name}\n" for name in names[:-1])
    who = (
        "who | text | model, model_clear (where the majority is clear), rater, reachable_votes, "
        "reachable_shares or raters"
    )
    return (
        table(
            "STUDY",
            f"{start}raters.csv",
            command=f"{command}, with votes of raters",
            row="a score of what is compared, of one rater, or that a model can reach; a number of votes",
            columns=f"{tested}{names[-1]}; empty for raters\n{who}\n{_SCORES.strip()}",
        ),
        table(
            "STUDY",
            f"{start}groups.csv",
            command=f"{command}, with columns of people",
            row=f"a metric of a group of people, per video, for each {compared} and column of subjects.csv",
            columns=f"{tested}{names[-1]}\n{_GROUPS.strip()}",
        ),
        table(
            "STUDY",
            f"{start}group_differences.csv",
            command=f"{command}, with columns of people",
            row="two groups of a column with five people or more",
            columns=f"{tested}{_DIFFERENCES.strip()}",
        ),
    )


STUDIES = (
    table(
        "STUDY",
        "variants.csv",
        command="study",
        row="a score of a variant",
        columns="""
level | text | pair or video
variant | text | the variant
metric | text | war (accuracy), uar (mean recall over classes) or macro_f1
value | share | mean of the score over seeds
low | share | lower end of its interval over people
high | share | upper end
baseline | share | the same metric of the most frequent class of the training, or of a better constant answer
seeds | whole number | trainings of the variant in each fold
seed_deviation | share | standard deviation of the score between seeds; empty with one seed
subjects | whole number | people whose videos are tested
letters | letters | variants that share a letter do not differ; empty for a metric that is not compared
""",
    ),
    table(
        "STUDY",
        "comparisons.csv",
        command="study",
        row="two variants, for each level and metric",
        columns="""
level | text | pair or video
metric | text | the metric
first | text | one variant
second | text | the other variant
difference | share | score of the first minus score of the second
low | share | lower end of the interval of the difference, over people
high | share | upper end
p_subjects | p-value | of the test over people
p_trainings | p-value | of the test over seeds; empty with few seeds
p | p-value | the larger of the two
p_adjusted | p-value | p, adjusted for the number of comparisons
differs | True or False | whether p_adjusted is below the level of the test
mcnemar_first_only | whole number | rows that only the first predicts correctly
mcnemar_second_only | whole number | rows that only the second predicts correctly
mcnemar_exact | p-value | exact McNemar test, which takes rows as independent
mcnemar_mid | p-value | mid-p McNemar test
mcnemar_adjusted | p-value | mid-p, adjusted for the number of comparisons
""",
    ),
    table(
        "STUDY",
        "cross.csv",
        command="study, of several datasets",
        row="a score of a training on the people of one dataset",
        columns="""
trained_on | text | the dataset of the training, or several
tested_on | text | the tested dataset
within | True or False | whether the training learned from other people of the tested dataset
level | text | pair or video
metric | text | war (accuracy), uar (mean recall over classes) or macro_f1
value | share | mean of the score over seeds
low | share | lower end of its interval over the tested people
high | share | upper end
baseline | share | the same metric of the most frequent class of the training, or of a better constant answer
majority | text | the most frequent class of the training part
seeds | whole number | trainings
seed_deviation | share | standard deviation of the score between seeds; empty with one seed
people | whole number | tested people
videos | whole number | tested videos
""",
    ),
    table(
        "STUDY",
        "cross_comparisons.csv",
        command="study, of several datasets",
        row="two trainings that are tested on the same people of a dataset, per video, for each metric",
        columns="""
tested_on | text | the tested dataset
metric | text | uar or war
first | text | the training within the tested dataset, or the one that scores higher
second | text | the other training
drop | True or False | whether the first is within the tested dataset
people | whole number | people on whom both are tested; with a drop, those held out of the first
difference | share | score of the first minus score of the second
low | share | lower end of the interval of the difference, over people
high | share | upper end
p_subjects | p-value | of the test over people
p_trainings | p-value | of the test over seeds; empty with one seed
p | p-value | the larger of the two
p_adjusted | p-value | p, adjusted for all comparisons on the tested dataset by the metric
differs | True or False | whether p_adjusted is at most the level of the test
""",
    ),
    table(
        "STUDY",
        "cross_predictions.csv",
        command="study, of several datasets",
        row="a tested video, for each training and seed",
        columns=f"""
trained_on | text | the dataset of the training, or several
tested_on | text | the dataset of the video
seed | whole number | seed of the training
{VIDEO.strip()}
""",
    ),
    table(
        "STUDY",
        "costs.csv",
        command="study",
        row="a variant",
        columns="""
variant | text | the variant
trained_as | text | the equivalent variant that was trained in its place, or itself
parameters | whole number | values that training changes
trainings | whole number | trainings
minutes_each | minutes | mean time of a training
minutes | minutes | time of all trainings together
peak_mib | MiB | largest peak memory of a training; empty if the system does not report it
published_accuracy | share | accuracy in the report, of a study of BAUM-1
""",
    ),
    table(
        "STUDY",
        "models.csv",
        command="study --models",
        row="a model",
        columns="""
variant | text | the name of the model in the study
file | text | its file
sha256 | text | SHA-256 of its file
classes | text | the classes that it shares with the dataset
trained_on | text | layout of the corpus that it was trained on; empty if it is not known
people | text | what is known of whether it has learned from the tested people
notes | text | what was left out for it, and what to know before believing its scores
unseen | True or False | whether it has certainly not learned from the tested people
""",
    ),
    table(
        "STUDY",
        "measured/*/predictions.csv",
        command="study --models",
        row="a pair that the model has predicted, on all classes that it shares with the dataset",
        columns=f"part | text | the measured part, or all\n{PAIR.strip()}\n{ANSWER.strip()}",
    ),
    *kept_tables("STUDY", "study --models", of="that the model has predicted", place="measured/*/"),
    table(
        "STUDY",
        "classes.csv",
        command="study",
        row="a class of a variant, for each level; all seeds together",
        columns="""
variant | text | the variant
level | text | pair or video
emotion | text | the class
recall | share | of those of this class, those predicted as it
precision | share | of those predicted as it, those of this class
f1 | share | harmonic mean of precision and recall
""",
    ),
    table(
        "STUDY",
        "error_patterns.csv",
        command="study",
        row="a variant, per video",
        columns="""
variant | text | the variant
category <number> | share | of the videos of its classes that are confused in this way of the report
prediction_bias | ratio | predictions of the most frequent class of training by its occurrences; 1: no bias
ece_pair | share | expected calibration error per pair
""",
    ),
    table(
        "STUDY",
        "people.csv",
        command="study",
        row="a person, for each variant and seed",
        columns=f"variant | text | the variant\nseed | whole number | the seed, from 0\n{PERSON.strip()}",
    ),
    *_raters_and_groups("", "study", whose="variant | text | the variant or model"),
    *_raters_and_groups(
        "cross_",
        "study, of several datasets",
        whose="tested_on | text | the tested dataset\n"
        "trained_on | text | the dataset of the training, or several",
    ),
    table(
        "STUDY",
        "predictions/*.csv",
        command="study",
        row="a tested pair, or a tested video in the files that end so, for each seed; all folds together",
        columns=f"""
seed | whole number | the seed, from 0
fold | whole number | the fold that tested it, from 0; only in a study with folds
{PAIR.strip()}
pairs | whole number | pairs of the video, over which its probabilities are averaged
{ANSWER.strip()}
segment | whole number | number of the segment of 16 frames
pair | whole number | place of the pair in the clip, from 0
""",
    ),
    table(
        "STUDY",
        "clips.csv",
        command="study",
        row="a clip of the dataset, as it was when the study began",
        columns=f"clip | text | id of the clip\n{IDENTITY.strip()}",
    ),
    table(
        "STUDY",
        "splits/*.csv",
        command="study",
        row="a clip; the name of the file has the fold",
        columns="""
clip | text | id of the clip
part | text | train, validation or test
""",
    ),
    table(
        "COMPARISON",
        "comparison.csv",
        command="compare",
        row="a run or a model",
        columns="""
run | text | the run or model
architecture | text | its architecture; empty if it is not known, as of a model
fusion | text | its fusion, likewise
stream | text | its streams, likewise
parameters | whole number | values that training changes, likewise
minutes | minutes | time of its training; empty if it is not known
test_videos | whole number | videos of its test part that show a class that all have
test_subjects | whole number | people of these videos
same_test_videos_as_first | True or False | whether it was tested on the videos of the first run
<level>_<metric> | share | a score: level video or pair, metric war, uar or macro_f1
<level>_<metric>_low | share | lower end of its interval over people
<level>_<metric>_high | share | upper end
<level>_<metric>_baseline | share | the same as `baseline` of metrics.csv
published_accuracy | share | accuracy in the report, of runs on BAUM-1
""",
    ),
)
