from itertools import combinations

from ferfusion.video.suffixes import IMAGE_SUFFIXES, SOUND_SUFFIXES, UNREAD_IMAGE_SUFFIXES, VIDEO_SUFFIXES


def test_suffixes_are_lower_case_and_of_one_kind():
    kinds = (IMAGE_SUFFIXES, SOUND_SUFFIXES, UNREAD_IMAGE_SUFFIXES, VIDEO_SUFFIXES)
    assert all(suffix == suffix.lower() and suffix.startswith(".") for kind in kinds for suffix in kind)
    assert not any(one & other for one, other in combinations(kinds, 2))
