"""One small tree for every corpus, with the oddities of the real one."""

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from helpers.corpora import write_files, write_sheet, write_text
from helpers.image_trees import write_ckplus, write_dfew, write_ferv39k, write_oulu_casia


def write_folder(root: Path) -> Path:
    return write_files(root, "s1/joy/a.mp4", "s1/Sad/b.avi", "s2/joy/a.mp4", "readme.txt", "loose.mp4")


def write_csv(root: Path) -> Path:
    write_files(root, "videos/a.mp4", "videos/b.mp4", "videos/unnamed.mp4", "frames/0.png", "frames/1.png")
    table = """path,label,subject,start_seconds,end_seconds,split
videos/a.mp4,happy,Ada,0,0.08,train
videos/a.mp4,Sad,Ada,0.08,,train
videos/b.mp4,FEAR,Bob,,,val
frames,neutral,Cy,,,test
"""
    return write_text(root, "table.csv", table)


BAUM_COLUMNS = ("No", "Subject", "Gender", "Clip Name", "Emotion", "Emotion Code")


def write_baum1(root: Path) -> Path:
    write_files(
        root,
        *(f"BAUM1a_MP4_all/s001/S001_00{k}.mp4" for k in (1, 2, 3)),
        "BAUM1s_MP4 - All/s001/S001_001.mp4",
        "BAUM1s_MP4 - All/s001/S001_001.srt",
        "BAUM1s_MP4 - All/s002/s002_004.MP4",
        "BAUM1s_MP4 - All/s015/S015_007.mp4",
    )
    write_sheet(
        root / "Annotations_BAUM1a.xlsx",
        BAUM_COLUMNS,
        [
            (1, "s001", "F", "S001_001", "Sadness", 7),
            (2, "s001", "F", "S001_002", "fear", 4),
            (3, "s001", "F", "S001_099", "Fear", 4),
        ],
    )
    # other columns in front, and a code kept as a float
    write_sheet(
        root / "Annotations_BAUM1s.xlsx",
        ("Emotion", "emotion code ", "Remark", "Clip Name"),
        [
            ("Fear", 7.0, None, "S001_001"),
            ("Boredom", 2, "yawns", "S002_004.mp4"),
            ("Happiness", 9, None, "S015_007"),
            (None, None, None, None),
        ],
    )
    return root


def write_ravdess(root: Path) -> Path:
    return write_files(
        root,
        "Video_Speech_Actor_01/Actor_01/01-01-03-01-01-01-01.mp4",
        "Video_Speech_Actor_01/Actor_01/02-01-03-01-01-01-01.mp4",
        "Video_Speech_Actor_01/Actor_01/02-01-02-02-01-01-01.mp4",
        "Video_Song_Actor_02/Actor_02/01-02-04-01-01-01-02.mp4",
        "Actor_02/01-01-08-01-02-02-02.mp4",
        "Actor_02/03-01-08-01-02-02-02.mp4",
        "Actor_02/03-01-08-01-02-02-02.wav",
        "Actor_02/01-01-05-01-02-02-03.mp4",
        "Actor_02/01-01-09-01-02-02-02.mp4",
        "Actor_02/making of.mp4",
    )


def write_cremad(root: Path) -> Path:
    return write_files(
        root,
        "AudioWAV/1001_IEO_NEU_XX.wav",
        "AudioWAV/1001_IEO_ANG_HI.wav",
        "VideoFlash/1001_IEO_NEU_XX.flv",
        "VideoFlash/1001_IEO_ANG_HI.flv",
        "VideoFlash/1040_ITH_SAD_X.flv",
        "VideoFlash/1064_IEO_DIS_MD.flv",
        "VideoFlash/1064_TIE_SAD_XX.flv",
        "VideoFlash/1076_MTI_NEU_XX.flv",
        "VideoFlash/1076_MTI_SAD_XX.flv",
        "VideoFlash/1091_wsi_hap_lo.FLV",
        "VideoFlash/1091_WSI_SUR_LO.flv",
        "VideoMP4/1001_IEO_NEU_XX.mp4",
        "processedResults/summaryTable.csv",
    )


def write_enterface(root: Path) -> Path:
    return write_files(
        root,
        "subject 1/anger/sentence 1/s1_an_1.avi",
        "subject 3/fear/sentence 2/s_3_fe_2.avi",
        "subject 6/anger/s6_an.avi",
        "subject 6/sadness/s6_sa.avi",
        "subject 11/surprise/sentence 5/s12_su_5.avi",
        "subject 12/surprise/sentence 5/s12_su_5.avi",
        "subject 12/surprise/sentence 5/Thumbs.db",
        "Subject 16/Surprise/Sentence 3/s16_su_3avi.avi",
        "subject 23/happiness/sentence 4/s23_ha_4.avi",
        "subject 23/happiness/sentence 5/video.avi",
        "subject 23/boredom/sentence 5/s23_bo_5.avi",
        "demo.avi",
    )


def write_savee(root: Path) -> Path:
    return write_files(
        root,
        "AudioData/DC/a01.wav",
        "AudioData/DC/sa01.wav",
        *(f"AudioVisualClip/DC/{stem}.avi" for stem in ("a1", "d1", "f1", "h1", "n1", "sa1", "su1")),
        "AudioVisualClip/JE/SA15.AVI",
        "AudioVisualClip/JE/JE_su15.avi",
        "AudioVisualClip/KL/x1.avi",
        "AudioVisualClip/AB/a1.avi",
    )


def write_rml(root: Path) -> Path:
    return write_files(
        root,
        *(f"rml-1/s1/{stem}1.avi" for stem in ("an", "di", "fe", "ha", "sa", "su")),
        "rml-1/s2/English/an1.avi",
        "rml-1/s2/Mandarin/an1.avi",
        "rml-2/s6/HA (2).AVI",
        "rml-2/s6/intro.avi",
        "rml-2/readme.pdf",
    )


def _coding(emotion: str | None) -> str:
    tag = f'<Metatag Name="Emotion" Value="{emotion}"/>' if emotion else ""
    return f'<?xml version="1.0"?><Coding><Metatag Name="Gender" Value="1"/>{tag}</Coding>'


def _session(subject: int, view: int) -> str:
    return f'<?xml version="1.0"?><session><subject id="{subject}"/><track view="{view}"/></session>'


def write_mmi(root: Path) -> Path:
    sessions = {  # number: (stem, emotion, subject, view)
        1: ("S001-001", "4", 1, 2),
        2: ("S001-002", None, 1, 2),
        3: ("S002-003", "6", 2, 0),
        4: ("S002-004", "1", 2, 0),
        5: ("S002-005", "11", 2, 0),
        6: ("S003-006", "5", 30, 0),
        7: ("S003-007", "5", 3, 1),
    }
    for number, (stem, emotion, subject, view) in sessions.items():
        write_files(root, f"Sessions/{number}/{stem}.avi")
        write_text(root, f"Sessions/{number}/{stem}.xml", _coding(emotion))
        write_text(root, f"Sessions/{number}/session.xml", _session(subject, view))
    write_text(root, "Sessions/4/S002-004-oao_aucs.xml", "<ActionUnits/>")
    write_text(root, "Sessions/6/S003-006-oao_aucs.xml", "<ActionUnits/>")
    write_files(root, "Sessions/8/S004-008.avi", "Sessions/9/S004-009.avi", "Sessions/10/S004-010.avi")
    write_text(root, "Sessions/9/S004-009.xml", "<broken")
    write_text(root, "Sessions/10/S004-010.xml", _coding("2"))
    write_text(root, "Sessions/11/S005-011.xml", _coding("2"))
    write_text(root, "Sessions/11/session.xml", _session(5, 0))
    return root


def write_afew(root: Path) -> Path:
    return write_files(
        root,
        "Train_AFEW/Angry/000046280.avi",
        "Train_AFEW/Happy/000107360.avi",
        "Train_AFEW/Crowd/000107361.avi",
        "Val_AFEW/Neutral/000149120.avi",
        "val_AFEW/Surprise/000149121.AVI",
        "Test_AFEW/000200000.avi",
        "extra/000300000.avi",
        "Train_AFEW/Angry/000046280.txt",
    )


def write_mead(root: Path) -> Path:
    return write_files(
        root,
        "M003/video/front/angry/level_1/001.mp4",
        "M003/video/front/angry/level_3/001.mp4",
        "M003/video/front/neutral/level_1/040.mp4",
        "M003/video/left_30/angry/level_1/001.mp4",
        "M003/audio/angry/level_1/001.m4a",
        "M003/audio/angry/level_1/002.m4a",
        "W009/video/front/surprised/level_2/030.mp4",
        "W009/video/front/contempt/level_2/030.mp4",
        "W009/video/front/bored/level_2/030.mp4",
        "W009/video/front.mp4",
    )


TREES: MappingProxyType[str, Callable[[Path], Path]] = MappingProxyType(
    {
        "folder": write_folder,
        "csv": write_csv,
        "baum1": write_baum1,
        "baum1a": write_baum1,
        "baum1s": write_baum1,
        "ravdess": write_ravdess,
        "cremad": write_cremad,
        "enterface": write_enterface,
        "savee": write_savee,
        "rml": write_rml,
        "mmi": write_mmi,
        "ckplus": write_ckplus,
        "oulu_casia": write_oulu_casia,
        "afew": write_afew,
        **dict.fromkeys(("dfew", "dfew2", "dfew3", "dfew4", "dfew5"), write_dfew),
        "ferv39k": write_ferv39k,
        "mead": write_mead,
    }
)
