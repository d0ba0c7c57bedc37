import hashlib

import pandas as pd

from ferfusion.preparation.clip_identities import identities_of_clips


def test_identities_of_clips_are_of_the_rows_and_the_file():
    rows = [
        (0, 2, "Fear", "Ana", "v", "c"),
        (1, 2, "Fear", "Ana", "v", "c"),
        (0, 0, "Anger", "Ben", "w", "pack"),
    ]
    rows.append((1, 0, "Anger", "Cy", "x", "pack"))
    pairs = pd.DataFrame(rows, columns=["pair", "code", "emotion", "subject", "video", "clip"])
    found = identities_of_clips(pairs.iloc[[0, 2, 1, 3]], {"c": "0123456789abcdef0"})
    texts = ["0,2,Fear,Ana,v\n1,2,Fear,Ana,v", "0,0,Anger,Ben,w\n1,0,Anger,Cy,x"]
    prints = [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts]
    assert found.to_numpy().tolist() == [
        ["c", "Ana", "Fear", prints[0], "0123456789abcdef"],
        ["pack", "", "Anger", prints[1], ""],
    ]
    assert identities_of_clips(pairs[:0], {}).empty
