"""Tables of a dataset, and of a rendered corpus."""

from ferfusion.reporting.columns.kinds import BOX, STATUS, SUBJECT, table

LOSSES = """
frames | whole number | decoded frames, also of videos that are not used; empty if not known
lost | whole number | frames whose status is not ok; empty if the dataset has no frames.csv
share_lost | share | of the frames
unused | whole number | videos that are not used
"""
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
<choice> | whole number | raters who made this choice, an expression or such as unknown; empty if not offered
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
        "CHECK",
        "classes.csv",
        command="check",
        row="a class",
        columns=f"""
emotion | text | the class
videos | whole number | used videos or images
people | whole number | people in them; absent if the people are unknown
pairs | whole number | rows of data.csv
<part> | whole number | videos in the part train, validation or test of splits.csv; absent without a split
official_<part> | whole number | videos in a part of the corpus's official split, if it has one
{LOSSES.strip()}
""",
    ),
    table(
        "CHECK",
        "people.csv",
        command="check",
        row="a person",
        columns=f"""
subject | text | the person
videos | whole number | used videos
classes | whole number | classes of these
pairs | whole number | rows of data.csv
{LOSSES.strip()}
note | text | says where the person has few videos or classes
""",
    ),
    table(
        "CHECK",
        "copies.csv",
        command="check",
        row="a video or image that has near-identical crops with another one",
        columns="""
group | whole number | number of the group of such videos, from 1; the worst kind is first
kind | text | what differs in the group: other_label_and_person, other_label, other_person or same_label
video | text | id of the video
subject | text | the person
emotion | text | the label
similarity | correlation | of the crop that is the most similar to one of another video of the group
share | share | of the crops of the video that have a near-identical one in another video
clip | text | clip of the most similar crop
pair | whole number | its place in the clip, from 0
""",
    ),
    table(
        "CHECK",
        "doubtful_labels.csv",
        command="check --study",
        row="a video whose label most models contradict, the most doubtful first",
        columns="""
video | text | id of the video
subject | text | the person, whom no model has seen
emotion | text | the label
named | text | the other class that most models name
models | whole number | models that predict the video; each seed of a variant is one
against | whole number | those whose top class is not the label
naming | whole number | those that name the class of named
p_label | probability | of the label, mean over the models
p_named | probability | of the named class, mean over the models
confident | True or False | whether confident learning also counts the video to another class
""",
    ),
    table(
        "CHECK",
        "rated.csv",
        command="check",
        row="a video or image with votes whose label is not the clear majority of its raters",
        columns="""
video | text | id of the video
subject | text | the person
emotion | text | the label
kind | text | other_majority, tie (the label is among the tied) or tie_without_label
majority | text | the choice with the most votes, or the tied ones
votes | whole number | votes on the video
votes_label | whole number | votes for the label
votes_majority | whole number | votes for each choice of majority
""",
    ),
    table(
        "CHECK",
        "lost_faces.csv",
        command="check",
        row="a video or image that lost frames or is not used, those with the largest share first",
        columns="""
video | text | id of the video; empty for a file that is left out
subject | text | the person
emotion | text | the label
status | text | whether it is used, and what kind of obstacle there is
reason | text | why it is not used
frames | whole number | decoded frames
lost | whole number | frames whose status is not ok; empty if the dataset has no frames.csv, as are the others
share_lost | share | of the frames
no_face | whole number | frames without a face
small_face | whole number | frames whose face is too small
low_score | whole number | frames that have only a detection with a low score
decode_error | whole number | frames that cannot be decoded
""",
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
