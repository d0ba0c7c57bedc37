import pytest

from ferfusion.encodings import encoding_note, encoding_of
from ferfusion.files import decode_text

# ruff: noqa: RUF001

SAVED = [
    ("cp1252", "Jörg;Ärger|Amélie;colère;François|José;alegría;Muñoz|João;emoção|Søren;Åse|Zoë|m²|é"),
    ("cp1250", "Łukasz;radość|ŁUKASZ;ZŁOŚĆ|Jiří;štěstí|Růžena;překvapení|Gergő;öröm;düh|Čović;tuga;sreća"),
    ("cp1254", "I\u015f\u0131l;K\u0131zg\u0131n|İpek;Üzgün;mutlu|Çağrı;ŞAŞKIN"),
    ("cp1251", "Ирина;радость|Олексій;злість|Јелена;срећа|Страх;ГРУСТЬ"),
    ("cp1253", "Μαρία;χαρά;θυμός|Γιώργος;φόβος"),
    ("cp1255", "שמחה;דוד;כעס"),
    ("cp1256", "سعيد;محمد;غضب"),
    ("cp1257", "Ramunė;džiaugsmas;liūdesys;pyktis;nuostaba;Šarūnas"),
    ("cp949", "기쁨;민수;슬픔"),
    ("cp932", "喜び;太郎;怒り|悲しみ"),
    ("gb18030", "生气;王伟|视频;情绪;恐惧"),
    ("big5", "生氣;王偉|悲傷"),
    ("cp874", "ดีใจ;เศร้า"),
    ("iso8859_2", "Łukasz;radość;gęś|Jiří;štěstí;Šárka"),
    ("mac_roman", "Jörg;Ärger;glücklich|Amélie;colère"),
    ("cp850", "Jörg;glücklich|Amélie;colère"),
    ("cp852", "Łukasz;radość"),
    ("utf-8", "Łukasz;radość"),
    ("utf-8-sig", "Łukasz;radość"),
    ("utf-16", "Łukasz;radość"),
]


@pytest.mark.parametrize(
    ("encoding", "text"), [(encoding, text) for encoding, texts in SAVED for text in texts.split("|")]
)
def test_encoding_of_reads_what_a_spreadsheet_saved(encoding: str, text: str) -> None:
    table = f"path;person;label\r\na.mp4;{text}\r\n"
    assert decode_text(table.encode(encoding)) == table


def test_encoding_note_names_a_guess_alone(tmp_path) -> None:
    path = tmp_path / "lista.csv"
    path.write_bytes("Łukasz;radość".encode("cp1250"))
    assert encoding_note(path) == (
        "lista.csv is not UTF-8: read as cp1250 (Central European); if names look wrong, save it as CSV UTF-8"
    )
    for content in (b"Anna;joy", "Łukasz".encode(), "Łukasz".encode("utf-16"), b"PK\3\4\0\0"):
        path.write_bytes(content)
        assert encoding_note(path) == ""


def test_encoding_of_refuses_what_is_no_text() -> None:
    with pytest.raises(ValueError, match="no text; a spreadsheet must be saved as CSV"):
        encoding_of(b"PK\3\4\0\0\xff")
