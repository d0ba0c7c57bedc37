"""Tables of a dataset, and of a rendered corpus."""

from ferfusion.reporting.columns.kinds import BOX, STATUS, SUBJECT, table

EXTRA = "<column of the corpus's table> | as there | a further column of the table that listed the videos"

DATASETS = (
    table(
        "DATASET",
        "data.csv",
        command="prepare",
        row="a pair: a face and the optical flow to the next frame, or an image of a dataset of photographs",
        columns="""
flow | text | path of the flow's image in the dataset's folder; empty with --no-images
spatial | text | path of the face's image
emotion | text | the true class
code | whole number | number of the true class, from 0
subject | text | the person
video | text | id of the video
segment | whole number | number of the segment of 16 frames, from 0
frame | whole number | index of the frame in the video, from 0
seconds | seconds | time of the frame
clip | text | id of the clip: one face of the video
pair | whole number | place of the pair in the clip, from 0
""",
    ),
    table(
        "DATASET",
        "frames.csv",
        command="prepare",
        row="a decoded frame",
        columns=f"""
video | text | id of the video
frame | whole number | index of the frame in the video, from 0
seconds | seconds | time of the frame
{STATUS}
{BOX.strip()}
score | number | the detector's score, in the detector's own unit; empty without a detection
""",
    ),
    table(
        "DATASET",
        "videos.csv",
        command="prepare",
        row="a video or photograph of the corpus, or a file that is left out",
        columns=f"""
video | text | id of the video, short and stable
path | text | its path, relative to the corpus
subject | text | the person
emotion | text | the true class; of a row that is left out, the class or the word that it has
code | whole number | number of the true class, from 0
part | text | part of the corpus's official split, if it has one
fps | frames per second | nominal frame rate
frames | whole number | decoded frames
faces | whole number | face crops of its clips
pairs | whole number | rows of data.csv
status | text | whether it is used, and what kind of obstacle there is
reason | text | why it is not used
note | text | a remark about a video that is used
{EXTRA}
""",
    ),
    table(
        "DATASET",
        "splits.csv",
        command="split",
        row="a clip",
        columns="""
clip | text | id of the clip
part | text | train, validation or test
""",
    ),
    table(
        "DATASET",
        "votes.csv",
        command="prepare",
        row="a video or image with the votes of several raters",
        columns="""
video | text | id of the video or image
<choice> | whole number | raters who made this choice: an expression, or such as unknown
""",
    ),
    table(
        "DATASET",
        "subjects.csv",
        command="prepare",
        row="a person of whom the corpus tells anything",
        columns=SUBJECT,
    ),
    table(
        "CORPUS",
        "corpus.csv",
        command="synthesize",
        row="a rendered video",
        columns="""
path | text | its path in the corpus
label | text | its expression
subject | text | the artificial person
frames | whole number | number of frames
fps | frames per second | frame rate
peak_intensity | share | intensity of the expression at its apex
seed | whole number | seed of the corpus
""",
    ),
    table(
        "CORPUS",
        "truth/frames.csv",
        command="synthesize",
        row="a frame of a rendered video",
        columns="""
path | text | path of the video in the corpus
label | text | its expression
subject | text | the artificial person
frame | whole number | index of the frame, from 0
intensity | share | intensity of the expression
<action> | share | strength of a facial action, by its name in ARKit; an unused action has no column
""",
    ),
)
