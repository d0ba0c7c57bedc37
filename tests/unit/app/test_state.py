from ferfusion.app.home import Home
from ferfusion.app.settings import AppSettings
from ferfusion.app.state import make_state


def test_state_has_the_limits_of_the_settings(tmp_path):
    home = Home(tmp_path)
    with home.opened():
        state = make_state(AppSettings(data=tmp_path, upload_bytes=7, jobs=3), home)
    assert state.uploads.limit_bytes == 7
    assert state.queue._at_once == 3
