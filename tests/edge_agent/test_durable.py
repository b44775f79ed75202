"""Files that are whole or not there, and what root does not do in folders that belong to others."""

from pathlib import Path

import pytest

from edge_agent import durable
from edge_agent.spool import Spool, SpoolError


def test_a_file_takes_the_place_of_an_older_one_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for said in (b"one", b"two"):
        durable.put(file, said)
        assert file.read_bytes() == said
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_that_was_put_in_the_way_is_not_followed(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_bytes(b"as it was")
    (tmp_path / "file.new").symlink_to(theirs)
    with pytest.raises(OSError, match="symbolic links"):
        durable.put(tmp_path / "file", b"ours")
    assert theirs.read_bytes() == b"as it was"


def test_a_folder_of_reports_that_is_a_link_is_refused_with_a_sentence(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    before = theirs.stat()
    (tmp_path / "reports").symlink_to(theirs)
    with pytest.raises(SpoolError, match="a link, where the folder of reports should be"):
        Spool(tmp_path / "reports").put("0" * 16, b"report")
    assert list(theirs.iterdir()) == []
    assert (theirs.stat().st_uid, theirs.stat().st_gid) == (before.st_uid, before.st_gid)
