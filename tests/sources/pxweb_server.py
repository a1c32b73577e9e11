"""A PxWeb server of its own process for the tests: version 2 and version 1 over hand-made tables.

    python pxweb_server.py FOLDER [--cap N] [--limit N] [--trick NAME]

It prints its port. It keeps the cap of cells (403 above it), answers 429 with Retry-After when it is asked more often
than the limit allows in a second, and plays one trick: ``short`` (a value too few), ``codes`` (a code lacks),
``extra`` (a code too many), ``html`` (a page in place of data), ``cut`` (half the JSON), ``order`` (codes backward).
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit


def codes_of(table, variable):
    index = table["dimension"][variable]["category"]["index"]
    return sorted(index, key=index.get)


def part_of(table, chosen):
    """Return the table's cells of the chosen codes, as a dataset of its own."""
    ids, whole = table["id"], {v: codes_of(table, v) for v in table["id"]}
    strides = [math.prod(table["size"][i + 1 :]) for i in range(len(ids))]
    values, status = [], {}
    for combo in itertools.product(*(chosen[v] for v in ids)):
        at = sum(whole[v].index(c) * s for v, c, s in zip(ids, combo, strides, strict=True))
        if str(at) in table.get("status", {}):
            status[str(len(values))] = table["status"][str(at)]
        values.append(table["value"][at])
    out = {**table, "size": [len(chosen[v]) for v in ids], "value": values, "dimension": {}}
    out.pop("status", None)
    if status:
        out["status"] = status
    for v in ids:
        label = table["dimension"][v]["category"]["label"]
        out["dimension"][v] = {
            "label": table["dimension"][v]["label"],
            "category": {"index": {c: i for i, c in enumerate(chosen[v])}, "label": {c: label[c] for c in chosen[v]}},
        }
    return out


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    tables: dict = {}  # noqa: RUF012
    cap, limit, trick = 150_000, 0, ""
    asked: list = []  # noqa: RUF012
    seen: list = []  # noqa: RUF012

    def log_message(self, *args):
        pass

    def answer(self, status, body, kind="application/json", **headers):
        data = body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def hurried(self):
        now = time.monotonic()
        self.asked[:] = [t for t in self.asked if now - t < 1.0]
        if self.limit and len(self.asked) >= self.limit:
            self.answer(429, {"title": "Too many requests"}, Retry_After="1")
            return True
        self.asked.append(now)
        return False

    def do_GET(self):
        path, query = unquote(urlsplit(self.path).path), parse_qs(urlsplit(self.path).query)
        if path == "/seen":  # what the tests count
            self.answer(200, {"seen": self.seen})
            return
        self.seen.append(["GET", path, 0])
        if self.hurried():
            return
        parts = path.strip("/").split("/")
        if parts[:3] == ["api", "v2", "tables"] and parts[-1] == "metadata" and parts[3] in self.tables:
            if query.get("outputFormat") != ["json-stat2"]:
                self.answer(400, {"title": "outputFormat"})
                return
            table = self.tables[parts[3]]
            self.answer(200, {k: v for k, v in table.items() if k not in ("value", "status")})
        elif "v1" in parts and (name := parts[-1].removesuffix(".px")) in self.tables:
            table = self.tables[name]
            variables = [
                {
                    "code": v, "text": table["dimension"][v]["label"], "values": codes_of(table, v), "time": v in table["role"]["time"],
                    "valueTexts": [table["dimension"][v]["category"]["label"][c] for c in codes_of(table, v)],
                }
                for v in table["id"]
            ]
            self.answer(200, {"title": table["label"], "variables": variables})
        else:
            self.answer(404, {"title": "Non-existent table", "status": 404})

    def do_POST(self):
        path = unquote(urlsplit(self.path).path)
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        parts = path.strip("/").split("/")
        old = "v1" in parts
        name = parts[-1].removesuffix(".px") if old else parts[3]
        table = self.tables[name]
        pairs = (
            [(q["code"], q["selection"]["values"]) for q in asked["query"]]
            if old
            else [(s["variableCode"], s["valueCodes"]) for s in asked["selection"]]
        )
        chosen = dict(pairs)
        cells = math.prod(len(c) for c in chosen.values())
        self.seen.append(["POST", path, cells])
        if self.hurried():
            return
        if set(chosen) != set(table["id"]) or any(c not in codes_of(table, v) for v, cs in pairs for c in cs):
            self.answer(400, {"title": "Missing selection for mandantory variable", "status": 400})
        elif cells > self.cap:
            self.answer(403, {"title": "Too many cells selected", "status": 403})
        elif self.trick == "html":
            self.answer(200, "<!DOCTYPE html><html><body>Underhåll pågår</body></html>", "text/html")
        else:
            self.answer(200, self.tricked(table, chosen))

    def tricked(self, table, chosen):
        first = table["id"][0]
        if self.trick == "codes":
            chosen = {**chosen, first: chosen[first][:-1]}
        elif self.trick == "extra":
            more = next(c for c in codes_of(table, first) if c not in chosen[first])
            chosen = {**chosen, first: [*chosen[first], more]}
        elif self.trick == "order":
            chosen = {**chosen, first: chosen[first][::-1]}
        out = part_of(table, chosen)
        if self.trick == "short":
            out["value"] = out["value"][:-1]
        return json.dumps(out)[: len(json.dumps(out)) // 2] if self.trick == "cut" else out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cap", type=int, default=150_000)
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--trick", default="")
    said = parser.parse_args()
    Handler.tables = {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in sorted(said.folder.rglob("*.json"))}
    Handler.cap, Handler.limit, Handler.trick = said.cap, said.limit, said.trick
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
