"""Archives of strangers, and files read by byte ranges."""

import http.server
import io
import stat
import threading
import zipfile
from urllib.parse import urlsplit

import pytest

from landplan.errors import SourceError
from landplan.layers.sources.archives import Ranges, ZipLimits, extract, members, remote_zip
from landplan.layers.sources.web import Web


def packed(path, *entries, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, body in entries:
            archive.writestr(name, body)
    return path


@pytest.mark.parametrize("name", ["../ut.txt", "/etc/passwd", "a/../../ut.txt", "C:\\ut.txt", "..\\ut.txt"])
def test_a_name_that_leads_out_is_refused(tmp_path, name):
    path = packed(tmp_path / "x.zip", (name, b"x"))
    with pytest.raises(SourceError, match="leads out of the archive"):
        members(path)
    with pytest.raises(SourceError, match="leads out of the archive"):
        extract(path, ".txt", tmp_path / "ut")
    assert not (tmp_path / "ut").exists()
    assert not (tmp_path / "ut.txt").exists()


def test_a_bomb_is_not_lit(tmp_path):
    path = packed(tmp_path / "x.zip", ("noll.txt", bytes(30_000_000)))
    with pytest.raises(SourceError, match="as only a bomb does"):
        members(path)
    with pytest.raises(SourceError, match=r"more than 0\.0 GB"):
        members(path, ZipLimits(most_bytes=1_000_000, most_ratio=1e9))
    many = packed(tmp_path / "y.zip", *[(f"{i}.txt", b"") for i in range(50)])
    with pytest.raises(SourceError, match="holds 50 files"):
        members(many, ZipLimits(most_files=49))


def test_a_member_that_lies_about_its_size_is_refused(tmp_path):
    path = packed(tmp_path / "x.zip", ("a.txt", b"x" * 5000), method=zipfile.ZIP_STORED)
    body = bytearray(path.read_bytes())
    at = body.rfind(b"PK\x01\x02")
    body[at + 24 : at + 28] = (100).to_bytes(4, "little")
    path.write_bytes(body)
    with pytest.raises(SourceError, match="torn"):
        extract(path, "a.txt", tmp_path / "ut")
    assert not (tmp_path / "ut" / "a.txt").exists()


def test_links_doubles_and_torn_archives_are_refused(tmp_path):
    link = zipfile.ZipInfo("länk")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "l.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(SourceError, match="holds a link"):
        members(tmp_path / "l.zip")
    packed(tmp_path / "d.zip", ("A.txt", b"1"), ("a.txt", b"2"))
    with pytest.raises(SourceError, match="twice"):
        members(tmp_path / "d.zip")
    whole = packed(tmp_path / "t.zip", ("a.bin", bytes(range(256)) * 200)).read_bytes()
    (tmp_path / "t.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match="not a whole zip"):
        members(tmp_path / "t.zip")
    middle = bytearray(whole)
    middle[60:70] = b"\xff" * 10
    (tmp_path / "t.zip").write_bytes(middle)
    with pytest.raises(SourceError, match="torn"):
        extract(tmp_path / "t.zip", "a.bin", tmp_path / "ut")


def test_one_member_comes_out_under_its_own_last_name(tmp_path):
    path = packed(tmp_path / "x.zip", ("mapp/inre/Råa.gpkg", "innehåll".encode()), ("mapp/läs.txt", b""))
    assert extract(path, ".gpkg", tmp_path / "ut").read_bytes() == "innehåll".encode()
    assert [p.name for p in (tmp_path / "ut").iterdir()] == ["Råa.gpkg"]
    with pytest.raises(SourceError, match="holds no files that end with"):
        extract(path, ".tif", tmp_path / "ut")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    body, mark, ranges, asked = b"", '"a"', True, 0

    def log_message(self, *args):
        pass

    def do_GET(self):
        type(self).asked += 1
        said = self.headers.get("Range", "bytes=0-")
        start, _, end = said.removeprefix("bytes=").partition("-")
        first, last = int(start), min(int(end or len(self.body)), len(self.body) - 1)
        part = self.body[first : last + 1] if self.ranges else self.body
        self.send_response(206 if self.ranges else 200)
        if self.ranges:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(self.body)}")
        self.send_header("ETag", self.mark if self.asked < 3 else type(self).mark)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)


@pytest.fixture
def remote():
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    Handler.ranges, Handler.mark, Handler.asked = True, '"a"', 0
    base = f"http://127.0.0.1:{found.server_port}"
    web = Web(allowed=frozenset({urlsplit(base).netloc}), mirror="", per_second=1e6, sleep=lambda s: None)
    yield web, f"{base}/f.zip"
    web.close()
    found.shutdown()
    found.server_close()


def test_ranges_read_like_a_file(remote):
    web, url = remote
    Handler.body = bytes(i * 7 % 251 for i in range(300_000))
    with Ranges(web, url, block=4096, keep=8) as file:
        assert file.size == 300_000
        for at, length in ((0, 10), (4090, 20), (299_990, 100), (100_000, 50_000), (300_000, 5)):
            file.seek(at)
            assert io.BufferedReader(file, 16).raw.read(length) == Handler.body[at : at + length]
        file.seek(-5, 2)
        assert file.read() == Handler.body[-5:]


def test_one_member_of_an_archive_costs_what_it_weighs(remote, tmp_path):
    web, url = remote
    import random

    noise = random.Random(1)
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("stor.bin", noise.randbytes(4_000_000))
        archive.writestr("liten.txt", noise.randbytes(3000))
    Handler.body = (tmp_path / "x.zip").read_bytes()
    with Ranges(web, url, block=65_536) as file:
        found = extract(remote_zip(file, url), "liten.txt", tmp_path / "ut")
        assert len(found.read_bytes()) == 3000
        assert file.transferred < 400_000


def test_a_server_without_ranges_and_a_file_that_changes_are_refused(remote):
    web, url = remote
    Handler.body = bytes(100_000)
    with Ranges(web, url, block=4096) as file:
        Handler.mark = '"b"'
        Handler.asked = 3
        file.seek(50_000)
        with pytest.raises(SourceError, match="changed while it was read"):
            file.read(10)
    Handler.ranges = False
    with pytest.raises(SourceError, match="does not give byte ranges"):
        Ranges(web, url, block=4096)


def test_what_is_no_zip_says_so(remote):
    web, url = remote
    Handler.body = bytes(100_000)
    with Ranges(web, url) as file, pytest.raises(SourceError, match="not a zip file"):
        remote_zip(file, url)
