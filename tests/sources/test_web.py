"""The client against a server that does what strangers do."""

import gzip
import http.server
import json
import logging
import shutil
import socket
import ssl
import threading
import time
from urllib.parse import urlsplit

import pytest

from landplan.errors import SourceError
from landplan.layers.sources import secrets
from landplan.layers.sources.secrets import Secret, find_secret, need_secret, redact, variable_of
from landplan.layers.sources.web import Limits, Web
from tests.sources.ogc_servers import need


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: list = []  # noqa: RUF012
    file = bytes(range(256)) * 400

    def log_message(self, *args):
        pass

    def answer(self, body=b"", status=200, **headers):
        self.send_response(status)
        for k, v in {"Content-Length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}}.items():
            self.send_header(k, v)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = urlsplit(self.path).path
        self.asked.append((path, dict(self.headers)))
        times = sum(p == path for p, _ in self.asked)
        if path == "/good":
            self.answer(b'{"a": "\xc3\xa5"}', Content_Type="application/json")
        elif path == "/short":
            self.answer(b'{"a": 1', Content_Length="100")
            self.close_connection = True
        elif path == "/twice":
            self.answer(b"[]") if times > 2 else self.answer(b"later", 503, Retry_After="0")
        elif path == "/patience":
            self.answer(b"", 429, Retry_After="9999")
        elif path.startswith("/spegel/"):
            self.answer(json.dumps([path, urlsplit(self.path).query]).encode())
        elif path == "/wait_until":
            self.answer(b"[1]") if times > 1 else self.answer(b"", 429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")
        elif path == "/key":
            self.answer(b"", 403)
        elif path.startswith("/to/"):
            self.answer(b"", 302, Location=path.removeprefix("/to/").replace("_", "/"))
        elif path == "/loop":
            self.answer(b"", 302, Location="/loop")
        elif path == "/html":
            self.answer(b"\n <!doctype HTML><html><body>Underh\xc3\xa5ll</body></html>")
        elif path == "/bomb":
            self.answer(gzip.compress(bytes(80_000_000)), Content_Encoding="gzip")
        elif path == "/drip":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _ in range(40):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)
        elif path == "/dripping_head":
            for letter in "HTTP/1.1 200 OK\r\nX-Long: " + "x" * 60:
                try:
                    self.wfile.write(letter.encode())
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.1)
        elif path == "/stall":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
            self.wfile.flush()
            time.sleep(2)
        elif path in ("/file", "/broken_once", "/changed"):
            said = self.headers.get("Range")
            mark = '"ny"' if path == "/changed" and times > 1 else '"ett"'
            start = int(said[6:].split("-")[0]) if said and self.headers.get("If-Range") == mark else 0
            if path != "/file" and times == 1:
                self.send_response(200)
                self.send_header("Content-Length", str(len(self.file)))
                self.send_header("ETag", '"ett"')
                self.end_headers()
                self.wfile.write(self.file[:60_000])
                self.close_connection = True
                return
            more = {"Content_Range": f"bytes {start}-{len(self.file) - 1}/{len(self.file)}"} if start else {}
            self.answer(self.file[start:], 206 if start else 200, ETag=mark, **more)
        else:
            self.answer(b"no", 404)


@pytest.fixture
def server():
    Handler.asked.clear()
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.daemon_threads = True
    found.handle_error = lambda *a: None
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{found.server_port}"
    found.shutdown()
    found.server_close()


@pytest.fixture
def web(server):
    waits = []
    found = Web(allowed=frozenset({urlsplit(server).netloc}), mirror="", sleep=waits.append, per_second=1e6, limits=Limits(stall_s=0.4, most_s=30))
    found.waits = waits
    yield found
    found.close()


def test_a_whole_answer(web, server):
    assert web.get(f"{server}/good", expect="json").json() == {"a": "å"}


def test_a_short_answer_is_asked_for_again_and_then_refused(web, server):
    with pytest.raises(SourceError, match="gave no whole answer in 4 tries"):
        web.get(f"{server}/short")
    assert len(Handler.asked) == 4
    assert [w for w in web.waits if w > 0.5] == sorted(w for w in web.waits if w > 0.5)


def test_a_server_that_is_busy_is_asked_again(web, server):
    assert web.get(f"{server}/twice").json() == []
    assert web.get(f"{server}/wait_until").json() == [1]


def test_a_server_that_wants_hours_is_left_alone(web, server):
    with pytest.raises(SourceError, match="asks us to wait 9999 s"):
        web.get(f"{server}/patience")
    assert len(Handler.asked) == 1


def test_an_expired_key_says_so(web, server):
    with pytest.raises(SourceError, match="key or login is missing, wrong or has expired"):
        web.get(f"{server}/key")
    assert len(Handler.asked) == 1


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("file:__etc_passwd", "no web address"),
        ("http:__10.0.0.1_x", "another host"),
        ("http:__169.254.169.254_latest", "another host"),
        ("https:__exempel.se_x", "another host"),
        ("ftp:__exempel.se_x", "no web address"),
    ],
)
def test_a_redirect_leads_nowhere_else(web, server, location, why):
    with pytest.raises(SourceError, match=why):
        web.get(f"{server}/to/{location}")


def test_a_redirect_may_lead_on_within_the_host_and_not_for_ever(web, server):
    assert web.get(f"{server}/to/_good").json() == {"a": "å"}
    with pytest.raises(SourceError, match="redirects more than 5 times"):
        web.get(f"{server}/loop")


def test_a_login_does_not_follow_to_another_host(web, server):
    other = f"http://localhost:{urlsplit(server).port}"
    web.allowed = web.allowed | {urlsplit(other).netloc}
    web.get(f"{server}/to/{other.replace('/', '_')}_good", headers={"Authorization": "Basic x"}, hosts=frozenset({"localhost"}))
    assert "Authorization" in Handler.asked[0][1]
    assert "Authorization" not in Handler.asked[1][1]


def test_html_is_no_data_whatever_its_status(web, server):
    with pytest.raises(SourceError, match=r"web page in place of data.*Underhåll"):
        web.get(f"{server}/html")


def test_what_unpacks_without_end_is_stopped(web, server):
    with pytest.raises(SourceError, match="more than 1 MB"):
        web.get(f"{server}/bomb", limits=Limits(most_bytes=1_000_000))


def test_a_drip_and_a_stall_end(web, server):
    started = time.monotonic()
    with pytest.raises(SourceError, match=r"took more than 0\.5 s"):
        web.get(f"{server}/drip", limits=Limits(most_s=0.5, stall_s=5))
    with pytest.raises(SourceError, match=r"took more than 0\.6 s to begin"):
        web.get(f"{server}/dripping_head", limits=Limits(most_s=0.6, stall_s=5))
    with pytest.raises(SourceError, match="silent for too long"):
        web.get(f"{server}/stall", limits=Limits(stall_s=0.2, tries=2))
    assert time.monotonic() - started < 6


def test_only_tls_and_only_the_open_internet(web, server):
    plain = Web(allowed=frozenset(), mirror="", sleep=lambda s: None)
    with pytest.raises(SourceError, match="without TLS"):
        plain.get(f"{server}/good")
    for inside in ("https://127.0.0.1/x", "https://10.1.2.3/x", "https://[::1]/x", "https://192.168.0.1/x", "https://169.254.169.254/x"):
        with pytest.raises(SourceError, match="inside the local network"):
            plain.get(inside)
    # the name is looked up, and the very address that would be connected to is judged
    with pytest.raises(SourceError, match=r"localhost leads to (127\.0\.0\.1|::1), an address inside"):
        plain.get("https://localhost:1/x")
    for odd in ("file:///etc/passwd", "gopher://x/", "http:///x"):
        with pytest.raises(SourceError, match="is no web address"):
            plain.get(odd)


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    import subprocess

    need(shutil.which("openssl"), "openssl")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(cert), "-days", "1", "-subj", "/CN=127.0.0.1"],
        capture_output=True, check=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.handle_error = lambda *a: None
    found.socket = context.wrap_socket(found.socket, server_side=True)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    web = Web(allowed=frozenset({f"127.0.0.1:{found.server_port}"}), mirror="", sleep=lambda s: None)
    with pytest.raises(SourceError, match="certificate is not trusted"):
        web.get(f"https://127.0.0.1:{found.server_port}/good")
    web.close()
    found.shutdown()
    found.server_close()


def test_a_broken_download_goes_on_where_it_stopped(web, server, tmp_path):
    web.download(f"{server}/broken_once", tmp_path / "f.bin")
    assert (tmp_path / "f.bin").read_bytes() == Handler.file
    assert Handler.asked[1][1]["Range"] == "bytes=60000-"
    assert list(tmp_path.iterdir()) == [tmp_path / "f.bin"]


def test_a_file_that_changed_meanwhile_starts_over(web, server, tmp_path):
    web.download(f"{server}/changed", tmp_path / "f.bin")
    assert (tmp_path / "f.bin").read_bytes() == Handler.file


def test_a_download_that_is_something_else_leaves_nothing(web, server, tmp_path):
    with pytest.raises(SourceError, match="web page in place of data"):
        web.download(f"{server}/html", tmp_path / "f.zip", expect="zip")
    with pytest.raises(SourceError, match="something else than ZIP"):
        web.download(f"{server}/good", tmp_path / "f.zip", expect="zip")
    assert not list(tmp_path.iterdir())


def test_a_mirror_repeats_the_sources(server):
    web = Web(mirror=f"{server}/spegel", sleep=lambda s: None, per_second=1e6)
    reply = web.get("https://exempel.se/x", params={"a": "å"})
    assert reply.json() == ["/spegel/exempel.se/x", "a=%C3%A5"]
    assert reply.url == "https://exempel.se/x?a=%C3%A5"
    web.close()


def test_a_machine_without_a_network_hears_what_to_do(monkeypatch):
    def nowhere(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(SourceError, match="is this machine on the internet"):
        Web(mirror="", allowed=frozenset(), sleep=lambda s: None).get("https://geodata.scb.se/x")


def test_politeness_spaces_requests(server):
    waits = []
    web = Web(allowed=frozenset({urlsplit(server).netloc}), mirror="", sleep=waits.append, per_second=2.0)
    for _ in range(3):
        web.get(f"{server}/good")
    assert sum(waits) == pytest.approx(0.5 + 1.0, abs=0.2)
    web.close()


def test_secrets_are_found_and_never_shown(monkeypatch, caplog, web, server):
    monkeypatch.setenv("LANDPLAN_PROV_KEY", " hemlig-å-nyckel ")
    word = find_secret("prov")
    assert word.reveal() == "hemlig-å-nyckel"
    assert "hemlig" not in f"{word} {word!r} {word:>5}"
    assert variable_of("trafiklab") == "LANDPLAN_TRAFIKLAB_KEY"
    with caplog.at_level(logging.DEBUG, logger="urllib3"), pytest.raises(SourceError) as caught:
        web.get(f"{server}/borta", params={"key": word})
    said = caplog.text + str(caught.value)
    assert "hemlig" not in said
    assert "borta?key=***" in str(caught.value)
    assert redact("https://a.se/x?apikey=abc&y=1") == "https://a.se/x?apikey=***&y=1"
    assert redact("https://anna:ord@a.se/x") == "https://***@a.se/x"
    assert redact(secrets.basic(Secret("u", "anna-användare"), Secret("p", "lösen-ordet"))) == "Basic ***"


def test_a_missing_key_says_where_to_put_it(monkeypatch):
    monkeypatch.delenv("LANDPLAN_FINNS_INTE_KEY", raising=False)
    monkeypatch.setattr(secrets, "_from_keyring", lambda name: "")
    with pytest.raises(SourceError, match=r"LANDPLAN_FINNS_INTE_KEY.*keyring set landplan finns_inte"):
        need_secret("finns_inte", what="Prov", where="https://exempel.se")
    monkeypatch.setattr(secrets, "_from_keyring", lambda name: "ur-ringen")
    assert need_secret("finns_inte", what="Prov").reveal() == "ur-ringen"
