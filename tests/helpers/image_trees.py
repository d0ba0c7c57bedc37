"""Small trees of the corpora that are sequences of images, with the oddities of the real ones."""

from pathlib import Path

from helpers.corpora import write_files, write_text


def write_ckplus(root: Path) -> Path:
    sequences = {"S005/001": 3, "S010/002": 2, "S010/003": 2, "S011/001": 2, "S999/003": 3}
    for sequence, length in sequences.items():
        stem = sequence.replace("/", "_")
        names = (f"{stem}_{number:08d}.png" for number in range(1, length + 1))
        write_files(root, *(f"cohn-kanade-images/{sequence}/{name}" for name in names))
    labels = {
        "S005/001/S005_001_00000003": "   3.0000000e+00\n",
        "S010/002/S010_002_00000002": "   2.0000000e+00\n",
        "S011/001/S011_001_00000002": "   nothing\n",
        "S999/003/S999_003_00000002": "   7.0000000e+00\n",
        "S500/001/S500_001_00000009": "   1.0000000e+00\n",
    }
    for stem, text in labels.items():
        write_text(root, f"Emotion/{stem}_emotion.txt", text)
    write_text(root, "FACS/S005/001/S005_001_00000003_facs.txt", "9 5\n")
    return write_files(root, "montage/overview.png")


def write_oulu_casia(root: Path) -> Path:
    places = (
        "OriginalImg/VL/Strong/P001/Anger",
        "OriginalImg/VL/Strong/P001/Happiness",
        "OriginalImg/VL/Strong/P080/Surprise",
        "OriginalImg/VL/Strong/P080/Talking",
        "OriginalImg/VL/Weak/P001/Anger",
        "OriginalImg/NI/Strong/P001/Anger",
        "PreProcess_Img/VL_Acropped/Strong/P001/Anger",
        "PreProcess_Img/VL_Acropped/Strong/P002/Fear",
    )
    write_files(root, *(f"{place}/{number:03d}.jpeg" for place in places for number in range(2)))
    return write_files(root, "OriginalImg/readme.txt")


def write_dfew(root: Path) -> Path:
    clips = ("jpg_256/00001", "jpg_256/00002", "jpg_256/00267", "jpg_256/09000", "clip_224x224_16f/00001")
    write_files(root, *(f"Clip/{clip}/{number}.jpg" for clip in clips for number in (1, 2, 10)))
    write_files(root, "Clip/preview/1.jpg")
    for fold in range(1, 6):
        train, test = ("1,1\n00267,6", "2,7\n3,3\n1,1\n267,8") if fold == 1 else ("2,7", "1,1\n267,6")
        write_text(
            root,
            f"EmoLabel_DataSplit/train(single-labeled)/set_{fold}.csv",
            f"\ufeffvideo_name,label\n{train}\n",
        )
        write_text(
            root, f"EmoLabel_DataSplit/test(single-labeled)/set_{fold}.csv", f"video_name,label\n{test}\n"
        )
    return root


def write_ferv39k(root: Path) -> Path:
    clips = ("Action/Happy/0267", "Action/Angry/0001", "War/Fear/0009", "War/Sad/0044")
    write_files(root, *(f"2_ClipsforFaceCrop/{clip}/{number}.jpg" for clip in clips for number in range(2)))
    write_text(
        root, "4_setups/All_scenes/train_All.csv", "Action/Happy/0267 Happy\nAction/Angry/0001 Angry\n"
    )
    write_text(root, "4_setups/All_scenes/test_All.csv", "War/Fear/0009 Fear\nWar/Fear/0010 Fear\nWar/x 9\n")
    write_text(root, "4_setups/22_scenes/Action/train_Action.csv", "Action/Happy/0267 Happy\n")
    return root
