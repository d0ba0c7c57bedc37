"""Tables of predictions and explanations of videos and photographs."""

from ferfusion.reporting.columns.kinds import ACTIONS, ANSWER, BOX, CONTRIBUTIONS, EXPLAINED, STATUS, table

FRAME = f"""
frame | whole number | index of the frame in the video, from 0
seconds | seconds | time of the frame
face | whole number | number of the face; empty without a face
{BOX.strip()}
{STATUS}
p_<class> | probability | of the class in this frame, calibrated; those of a row sum to 1
expression | text | the class with the highest probability in this frame
smoothed | text | the class of the smoothed probabilities, or no clear expression / unsure below the threshold
"""
PREDICTIONS = (
    table(
        "PREDICTIONS",
        "videos.csv",
        command="predict",
        row="a video, or all photographs of one call; earlier rows stay",
        columns="""
folder | text | folder of its files
video | text | its absolute path
status | text | ok, no_face or unreadable
reason | text | why there is no prediction, or why no class is named
frames | whole number | frames that got a prediction, or photographs
seconds | seconds | length of the video, or of the stretch that was read
faces | whole number | number of faces
expression | text | verdict on face 0: a class, mixed, or no clear expression / unsure
top_class | text | class with the highest mean probability of face 0
probability | probability | mean of the top class over the frames of face 0
low | probability | lower end of its 90 % interval over time; empty for a face of one second or less
high | probability | upper end
caution | text | why the verdict cannot be trusted; empty if the model is better than a constant answer
<added column> | as there | a column that somebody added in a spreadsheet
""",
    ),
    table(
        "PREDICTION",
        "frames.csv",
        command="predict",
        row="a frame that gets a prediction, for each face; a frame without a face has one row",
        columns=f"""
{FRAME.strip()}
smoothed_<class> | probability | of the class, smoothed over time
{ACTIONS.strip()}
""",
    ),
    table(
        "PREDICTION",
        "onsets.csv",
        command="predict",
        row="an episode: one display of an expression by a face",
        columns="""
face | whole number | number of the face
expression | text | the class
onset | seconds | time of the first frame whose smoothed probability is at least the lower threshold
apex | seconds | time of the frame with the highest smoothed probability
offset | seconds | time at which the last such frame ends
probability | probability | highest smoothed probability, at least the upper threshold
onset_seen | True or False | whether the face was in view right before; if not, it may have begun earlier
offset_seen | True or False | whether the face was in view right after
""",
    ),
    table(
        "PREDICTION",
        "means.csv",
        command="predict --per",
        row="a period of a face",
        columns="""
seconds | seconds | start of the period
face | whole number | number of the face
frames | whole number | frames of the period that show the face
p_<class> | probability | mean over these frames
expression | text | the class with the highest mean
""",
    ),
    table(
        "PREDICTION",
        "photographs.csv",
        command="predict",
        row="a face of a photograph; a photograph without a face has one row",
        columns=f"""
photograph | text | name of the photograph
face | whole number | number of the face; empty without a face
{BOX.strip()}
{STATUS}; unreadable if the file cannot be read
{ANSWER.strip()}
verdict | text | the same class, or no clear expression / unsure below the threshold
reason | text | why no class is named, or why the file cannot be read
{ACTIONS.strip()}
""",
    ),
    table(
        "LIVE",
        "frames.csv",
        command="webcam",
        row="a frame that gets a prediction, for each face; a frame without a face has one row",
        columns=f"{FRAME.strip()}\ndelay_ms | milliseconds | from the frame's arrival to its prediction",
    ),
    table(
        "EXPLANATION",
        "contributions.csv",
        command="explain --video",
        row="a frame, face and explained class",
        columns=f"""
frame | whole number | index of the frame in the video, from 0; 0 for a photograph
seconds | seconds | time of the frame; 0 for a photograph
face | whole number | number of the face, as in frames.csv of predict
expression | text | the class with the highest probability in this frame, as in frames.csv of predict
smoothed | text | the name after smoothing, as in frames.csv of predict; of a photograph, the verdict
{EXPLAINED}
probability | probability | of the explained class in this frame, calibrated: 1 / (1 + exp(-log_odds))
{CONTRIBUTIONS.strip()}
""",
    ),
)
