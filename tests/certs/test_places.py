"""Tests of ftpair.certs.places."""

from ftpair.certs.places import places_of


def told(folder, *files):
    """The places below a folder, the folder itself being `.`."""
    places = places_of(files)
    return {str(path.relative_to(folder)): names for path, names in places.items() if path.is_relative_to(folder)}


def test_a_plain_file_can_be_replaced_in_its_folder(tmp_path):
    (tmp_path / "key.pem").touch()
    (tmp_path / "chain.pem").touch()
    assert told(tmp_path, tmp_path / "key.pem", tmp_path / "chain.pem") == {".": {"key.pem", "chain.pem"}}


def test_a_link_can_be_turned_and_what_it_names_written(tmp_path):
    """As certbot does it: live/x/fullchain.pem -> ../../archive/x/fullchain1.pem."""
    for folder in ("live/x", "archive/x"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "archive/x/fullchain1.pem").touch()
    (tmp_path / "live/x/fullchain.pem").symlink_to("../../archive/x/fullchain1.pem")
    assert told(tmp_path, tmp_path / "live/x/fullchain.pem") == {
        "live/x": {"fullchain.pem"},
        "archive/x": {"fullchain1.pem"},
    }


def test_a_folder_on_the_way_can_be_a_link(tmp_path):
    """As Kubernetes does it: tls.crt -> ..data/tls.crt, and ..data -> a new folder each time."""
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026/tls.crt").touch()
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "tls.crt").symlink_to("..data/tls.crt")
    assert told(tmp_path, tmp_path / "tls.crt") == {".": {"tls.crt", "..data"}, "..2026": {"tls.crt"}}


def test_what_is_missing_is_awaited_in_the_last_folder_that_is_there(tmp_path):
    assert told(tmp_path, tmp_path / "tls/live/key.pem") == {".": {"tls"}}
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    assert told(tmp_path, tmp_path / "gone") == {".": {"gone", "nowhere"}}


def test_links_in_a_circle_are_not_followed_for_ever(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert told(tmp_path, tmp_path / "a") == {".": {"a", "b"}}
