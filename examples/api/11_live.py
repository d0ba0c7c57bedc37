"""Predict a camera (live(0)), a stream, or, as here, a video played at its own rate."""

import ferfusion as fer

video = fer.sample_corpus() / "s06" / "fear" / "s06_fear_1.mp4"
with fer.live(video, model="work/run", seconds=1) as predictions:
    for prediction in predictions:
        print(f"{prediction.frame.seconds:.2f} s", [face.words for face in prediction.faces])
print(predictions.summary)
