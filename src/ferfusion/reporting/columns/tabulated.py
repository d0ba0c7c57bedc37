"""The long tables of any result for R, SPSS and pandas."""

from ferfusion.reporting.columns.kinds import table

_WHO = """
variant | text | the variant or model; of a study across corpora, the corpora of the training
seed | whole number | the seed of the training; empty of a model that is not trained here
fold | whole number | the fold that tested the person, from 0; empty without folds
"""
_KEYS = f"""
{_WHO.strip()}
part | text | test; validation of a run without a test part; the measured part; empty of predict
tested_on | text | the corpus of the video; only of a study across corpora
"""
_ANSWER = """
subject | text | the person; empty of predict
emotion | text | the true class; empty of predict
expression | text | the class with the highest probability
correct | 0 or 1 | whether expression is emotion; empty where emotion is
p_<class> | probability | of the class; those of a row sum to 1
p_true | probability | of the true class; empty where emotion is
"""
_PEOPLE = "<column of people> | as there | a column of subjects.csv, such as age or sex; empty if unknown"
TABULATED = (
    table(
        "TABLES",
        "frames.csv frames.parquet",
        command="tabulate",
        row="a tested pair, for each variant and seed; a frame of a face of predict",
        columns=f"""
{_KEYS.strip()}
video | text | id of the video; of predict, its path or the photograph
clip | text | id of the clip: one face of the video; not of predict
face | whole number | number of the face; only of predict
frame | whole number | index of the frame in the video, from 0
seconds | seconds | time of the frame; empty for a photograph
{_ANSWER.strip()}
{_PEOPLE}
""",
    ),
    table(
        "TABLES",
        "videos.csv videos.parquet",
        command="tabulate",
        row="a tested video, for each variant and seed; a face of a video of predict",
        columns=f"""
{_KEYS.strip()}
video | text | id of the video; of predict, its path or the photograph
face | whole number | number of the face; only of predict
pairs | whole number | pairs, or frames of predict, over which the probabilities are averaged
{_ANSWER.strip()}
votes_<choice> | whole number | raters who chose it, empty if not offered; only where the dataset has votes
voted | text | the choice with the most votes; empty where several have as many; only with votes
{_PEOPLE}
""",
    ),
    table(
        "TABLES",
        "people.csv people.parquet",
        command="tabulate",
        row="a tested person, for each variant and seed; none where the people are not known",
        columns=f"""
{_WHO.strip()}
tested_on | text | the corpus of the person; only of a study across corpora
subject | text | the person
videos | whole number | videos of the person
correct | whole number | of these, predicted correctly
classes | whole number | different classes that the person displays in them
uar | share | mean recall over these classes
{_PEOPLE}
""",
    ),
    table(
        "TABLES",
        "variants.csv variants.parquet",
        command="tabulate",
        row="a variant or model; of a study across corpora, for each tested corpus",
        columns="""
variant | text | the variant or model; of a study across corpora, the corpora of the training
tested_on | text | the tested corpus; only of a study across corpora
equivalents | text | variants that are the same function, and were not trained themselves
architecture | text | its architecture; empty of a model that is not trained here
fusion | text | its fusion, likewise; of a single stream, the layer (flatten, gap)
stream | text | its streams, likewise
parameters | whole number | values that training changes, likewise
<setting> | as there | a further setting of network or training that differs between the variants
seeds | whole number | trainings that differ in the seed alone; empty of a model that is not trained here
people | whole number | tested people
<level>_<metric> | share | a score: level video or pair, metric war, uar or macro_f1; the mean over seeds
<level>_<metric>_low | share | lower end of its interval over people
<level>_<metric>_high | share | upper end
<level>_<metric>_baseline | share | the same metric of a constant answer
""",
    ),
    table(
        "TABLES",
        "columns.csv",
        command="tabulate",
        row="a column of one of the other tables",
        columns="""
table | text | frames, videos, people or variants
column | text | name of the column in these files
name | text | its name before it was written in plain letters, such as that of a class
kind | text | what its cells are, with their unit
meaning | text | what they mean
""",
    ),
)
