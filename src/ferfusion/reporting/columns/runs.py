"""Tables of a run and of a measurement."""

from ferfusion.reporting.columns.kinds import (
    ANSWER,
    CONTRIBUTIONS,
    EXPLAINED,
    GROUP,
    IDENTITY,
    PAIR,
    PERSON,
    SUBJECT,
    VIDEO,
    TableKind,
    table,
)

SCORE = """
level | text | pair or video
metric | text | war (accuracy), uar (mean recall over classes) or macro_f1
value | share | the score
low | share | lower end of its interval over people
high | share | upper end
baseline | share | the same metric of the most frequent class of the training, or of a better constant answer
people | whole number | people whose videos are scored
"""


RATERS = """
who | text | model, model_clear (clear majorities), rater, reachable_votes, reachable_shares, or raters
against | text | label, majority, or majority_of_classes: of the votes for the scored classes alone
metric | text | war or uar; of the raters: alpha, ties, without_votes, fewest_, median_ or most_votes
value | number | the score as a share (a tie of k counts 1 / k; empty: no estimate), alpha, or a number
low | share | lower end of its interval over people
high | share | upper end
baseline | share | the same metric of a constant answer
videos | whole number | videos that are scored
people | whole number | people in these videos
"""


def _evaluated(folder: str, command: str, *, parts: str) -> tuple[TableKind, ...]:
    """Return the tables that an evaluation writes into a folder."""
    return (
        table(
            folder,
            "scores.csv scores_votes.csv",
            command=command,
            row="a score",
            columns=f"part | text | {parts}\n{SCORE.strip()}",
        ),
        table(
            folder,
            "raters.csv",
            command=command,
            row="a score of the model, of one rater, or that a model can reach; or a number of votes",
            columns=f"part | text | {parts}\n{RATERS.strip()}",
        ),
        table(
            folder,
            "per_class.csv",
            command=command,
            row="a class, for each part and level",
            columns=f"""
part | text | {parts}
level | text | pair or video
emotion | text | the class
support | whole number | pairs or videos whose true class it is
predicted | whole number | pairs or videos that are predicted as it
precision | share | of those predicted as it, those of this class
recall | share | of those of this class, those predicted as it
f1 | share | harmonic mean of precision and recall
f_beta | share | the same with the weight beta of the recipe
""",
        ),
        table(
            folder,
            "confusion_*.csv",
            command=command,
            row="a true class; the name of the file has part and level",
            columns="""
true \\ predicted | text | the true class
<class> | whole number | pairs or videos that are predicted as this class
""",
        ),
        table(
            folder,
            "people.csv",
            command=command,
            row="a person of the part that is the result",
            columns=f"""
part | text | {parts}
{PERSON.strip()}
war_shrunk | share | war drawn towards the mean of all people, the more so the fewer videos: rank by it
shrunk_low | share | lower end of its interval, with the uncertainty of mean and spread
shrunk_high | share | its upper end
""",
        ),
        table(
            folder,
            "groups.csv",
            command=command,
            row="a metric of a group of people, per video, for each column of subjects.csv",
            columns=f"""
part | text | {parts}
level | text | video
{GROUP.strip()}
metric | text | war (accuracy), uar (mean recall over classes) or macro_f1
value | share | the score
low | share | lower end of its interval over people; empty for a single person
high | share | its upper end
note | text | says where there are too few people for a claim
""",
        ),
        table(
            folder,
            "group_differences.csv",
            command=command,
            row="two groups of a column with five people or more",
            columns=f"""
part | text | {parts}
level | text | video
metric | text | uar (mean recall over classes)
column | text | the column of subjects.csv
first | text | a group
second | text | another
difference | -1 to 1 | the metric of first minus that of second
p | probability | of a difference as large or larger if people are dealt to the groups at random
p_adjusted | probability | the same with Holm's correction over all rows of the table
detectable | share | difference found in 80 of 100 samples of as many people; empty if they can show none
""",
        ),
        table(
            folder,
            "predictions_videos.csv predictions_videos_validation.csv",
            command=command,
            row="a video that is scored (of the validation part, in the second file)",
            columns=f"part | text | {parts}\n{VIDEO.strip()}",
        ),
    )


def kept_tables(folder: str, command: str, *, of: str, place: str = "") -> tuple[TableKind, ...]:
    """Return the tables of a dataset that are kept beside predictions, of the predicted videos and people."""
    return (
        table(
            folder,
            f"{place}votes.csv",
            command=command,
            row=f"a video or image {of}, as in the dataset's votes.csv",
            columns="""
video | text | id of the video or image
<choice> | whole number | raters who made this choice: an expression, or such as unknown
""",
        ),
        table(
            folder,
            f"{place}subjects.csv",
            command=command,
            row=f"a person {of}, as in the dataset's subjects.csv",
            columns=SUBJECT,
        ),
    )


RUNS = (
    table(
        "RUN",
        "splits.csv",
        command="train",
        row="a clip of the dataset, as it was when the run was trained",
        columns=f"clip | text | id of the clip\npart | text | train, validation or test\n{IDENTITY.strip()}\n"
        "crops | fingerprint | of the crops in the clip's file, whatever the flow",
    ),
    table(
        "RUN",
        "metrics.csv",
        command="train",
        row="an epoch",
        columns="""
epoch | whole number | number of the epoch, from 1
lr | number | learning rate
train_loss | number | mean loss of the training part, during the epoch
train_accuracy | share | accuracy per pair of the training part, during the epoch
train_uar | share | mean recall over classes of the training part, during the epoch
val_loss | number | mean loss of the validation part, after the epoch
val_accuracy | share | accuracy per pair of the validation part
val_uar | share | mean recall over classes of the validation part
seconds | seconds | time that the epoch took; the first includes the time before it
""",
    ),
    table(
        "RUN",
        "predictions.csv predictions_validation.csv",
        command="train",
        row="a pair of the test part (of the validation part, in the second file)",
        columns=f"part | text | test or validation\n{PAIR.strip()}\n{ANSWER.strip()}",
    ),
    *kept_tables("RUN", "train", of="of the test or validation part"),
    *_evaluated("RUN", "evaluate", parts="validation or test"),
    table(
        "RUN",
        "contributions.csv",
        command="explain RUN",
        row="a pair and explained class; the probabilities are those of predictions.csv, not calibrated",
        columns=f"""
{PAIR.strip()}
expression | text | the class with the highest probability
{EXPLAINED}
{CONTRIBUTIONS.strip()}
""",
    ),
    table(
        "RUN",
        "explain_deletion.csv",
        command="explain RUN --check",
        row="a point of a deletion curve",
        columns="""
method | text | method of the maps
stream | text | the stream whose input is deleted
order | text | what orders the squares: map, another pair's map, random, or least first (the map backwards)
gone | share | of the input, deleted
probability | probability | of the predicted class, mean over pairs
""",
    ),
    table(
        "RUN",
        "explain_randomisation.csv",
        command="explain RUN --check",
        row="a stream at a step of the check by random weights",
        columns="""
method | text | method of the maps
step | whole number | layers that are random so far; 0 is the trained model
layer | text | the layer that this step made random
stream | text | the stream of the maps
correlation | -1 to 1 | rank correlation with the trained model's maps
""",
    ),
)
_MEASURED = "train, validation, test, or all for a whole dataset"
MEASUREMENTS = (
    table(
        "MEASUREMENT",
        "predictions.csv",
        command="evaluate MODEL --dataset DATASET",
        row="a pair of the dataset that is scored",
        columns=f"part | text | {_MEASURED}\n{PAIR.strip()}\n{ANSWER.strip()}",
    ),
    *kept_tables("MEASUREMENT", "evaluate MODEL --dataset DATASET", of="that is scored"),
    *_evaluated("MEASUREMENT", "evaluate MODEL --dataset DATASET", parts=_MEASURED),
)
