from ferfusion.video.stretch import why_no_frame


def test_why_no_frame_names_the_end_and_leaves_out_an_unknown_duration():
    words = why_no_frame(duration_seconds=None, start_seconds=None, end_seconds=0.01)
    assert words == "no frame is shown from 0 s to 0.01 s"
