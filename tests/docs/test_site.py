"""The pages that ``make docs`` writes: complete, readable on a phone, and with nothing to fetch from elsewhere."""

from __future__ import annotations

import dataclasses
import fcntl
import functools
import http.server
import inspect
import json
import re
import shutil
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urldefrag, urljoin

import pytest

import hpt_construct
from hpt_construct.permissions import OWNER_PREFIX
from hpt_construct.validation import RULES
from tools.site import links

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).resolve().parent.parent.parent
DOCS: Final = ROOT / "docs"
HTML: Final = DOCS / "_build" / "html"
WIDTHS: Final = (390, 1280)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Page(HTMLParser):
    """What a page has that others may lead to, where it leads, and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag != "a":
            # <link rel="next"> and its like are loaded by nobody.
            followed = given.get("rel") in {"index", "search", "next", "prev", "author", "copyright"}
            self.loads += [given[name] for name in ("src", "srcset", "data", "href") if name in given and not followed]


def _sources() -> Iterator[Path]:
    yield from (path for path in DOCS.rglob("*") if path.is_file() and HTML.parent not in path.parents)
    for folder, ending in (("hpt_construct", "py"), ("tools/site", "py"), ("tools/site", "toml"), ("examples", "py")):
        yield from (ROOT / folder).rglob(f"*.{ending}")


@pytest.fixture(scope="session")
def site() -> Mapping[str, Page]:
    """The pages by their addresses; built anew if something has changed since ``make docs``."""
    HTML.parent.mkdir(exist_ok=True)
    last = HTML / "searchindex.js"
    with (HTML.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not last.exists() or any(path.stat().st_mtime > last.stat().st_mtime for path in _sources()):
            command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--quiet", str(DOCS), str(HTML)]
            subprocess.run(command, check=True, cwd=ROOT)
    written = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md") if HTML not in path.parents}
    return {str(path): Page(HTML / path) for path in sorted(written | {Path("search.html")})}


def test_pages_load_nothing_from_elsewhere(site: Mapping[str, Page]) -> None:
    """No script, style, font or picture: the pages are read where there is no network, and tell nobody of it."""
    loaded = {address for page in site.values() for address in page.loads}
    for style in (HTML / "_static").rglob("*.css"):
        loaded |= set(re.findall(r"(?:url\(|@import )[\"']?([^\"')]+)", style.read_text(encoding="utf-8")))
    assert sorted(address for address in loaded if re.match(r"(https?:)?//", address)) == []


def test_links_lead_to_places_that_there_are(site: Mapping[str, Page]) -> None:
    """Sphinx asks whether a page is there; this asks for the place in it too."""
    missing = []
    for here, page in site.items():
        for link in page.links:
            if re.match(r"\w+:", link):
                continue
            address, place = urldefrag(urljoin(here, link))
            there = site.get(address)
            if (there is None and not (HTML / address).is_file()) or (
                there is not None and place and unquote(place) not in there.ids
            ):
                missing.append((here, link))
    assert missing == []


def test_everything_public_has_an_entry(site: Mapping[str, Page]) -> None:
    """Every class, what can be given to it, and what it offers."""
    wanted = set()
    for name in hpt_construct.__all__:
        public = getattr(hpt_construct, name)
        wanted.add(f"hpt_construct.{name}")
        if dataclasses.is_dataclass(public):
            wanted |= {f"hpt_construct.{name}.{field.name}" for field in dataclasses.fields(public)}
        if isinstance(public, type):
            own = {each for each, defined in vars(public).items() if isinstance(defined, (property, classmethod))}
            wanted |= {f"hpt_construct.{name}.{each}" for each in own if not each.startswith("_")}
    given = inspect.signature(hpt_construct.HyperparameterTuningJob).parameters
    wanted |= {f"argument-{name.replace('_', '-')}" for name in given}
    found = {each for page in site.values() for each in page.ids}
    assert sorted(wanted - found) == []


def _ids_of_warnings() -> set[str]:
    """Those that stand in the code by themselves; the rules have theirs from the tables."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "hpt_construct").rglob("*.py"))
    # The tags of a job have the prefix too.
    return set(re.findall(rf'"{OWNER_PREFIX}([\w-]+)"', code)) - {"stack-id", "logical-id"}


def test_every_rule_has_an_entry(site: Mapping[str, Page]) -> None:
    """Under an anchor that stays: who meets an id in a warning, or in ``raised_quotas``, finds what it means."""
    ids = {rule.id for rule in RULES} | _ids_of_warnings() | {"Q2"}
    assert {f"rule-{each.lower()}" for each in ids} - site["reference/rules.html"].ids == set()


def test_types_lead_to_the_cdk_that_has_them() -> None:
    """A misspelt one leads nowhere, and so fails the build; a member of the API leads to its place on AWS's page."""
    assert links.address("iam.IRole") == "https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk.aws_iam/IRole.html"
    assert links.address("Duration") == "https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk/Duration.html"
    assert links.address("iam.IRoll") is None
    assert links.page("Channel", "ChannelName").endswith("/API_Channel.html#sagemaker-Type-Channel-ChannelName")


MEASURE: Final = """<!doctype html><meta charset="utf-8"><title>measure</title><script>
async function measure() {
  const found = [];
  for (const page of PAGES) {
    const frame = document.createElement("iframe");
    frame.style.cssText = "border: 0; height: 900px";
    await new Promise(loaded => {
      frame.onload = loaded; frame.src = "/" + page; document.body.append(frame);
    });
    for (const width of WIDTHS) {
      frame.style.width = `${width}px`;
      // On a phone, the theme lets the text scroll, and cuts off the page around it.
      const boxes = [frame.contentDocument.documentElement, frame.contentDocument.querySelector(".content")];
      found.push([page, width, Math.max(...boxes.map(box => box.scrollWidth - box.clientWidth))]);
    }
    frame.remove();
  }
  const told = document.createElement("pre");
  told.textContent = JSON.stringify(found);
  document.body.append(told);
}
</script><body onload="measure()"></body>"""


class Server(http.server.SimpleHTTPRequestHandler):
    """The pages, and one that measures them, at an address of the machine itself."""

    measure = ""

    def do_GET(self) -> None:
        """Answer the one, or leave it to the folder."""
        if self.path != "/measure":
            return super().do_GET()
        body = self.measure.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 – the name it has there
        """Say nothing."""


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
def test_a_browser_shows_every_page_at_the_width_of_a_phone_and_of_a_desk(
    site: Mapping[str, Page], tmp_path: Path
) -> None:
    """No page is wider than the screen – tables and code scroll by themselves – and none has an error."""
    pages = json.dumps(sorted(site))
    Server.measure = MEASURE.replace("PAGES", pages).replace("WIDTHS", json.dumps(WIDTHS))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Server, directory=str(HTML)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        done = subprocess.run(
            [
                str(CHROMIUM),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--enable-logging=stderr",
                f"--user-data-dir={tmp_path / 'profile'}",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--window-size=1400,1000",
                "--virtual-time-budget=60000",
                "--dump-dom",
                f"http://127.0.0.1:{server.server_port}/measure",
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        )
    finally:
        server.shutdown()
        server.server_close()
    found = re.search(r"<pre>(.*)</pre>", done.stdout)
    assert found is not None, done.stdout
    measured = json.loads(found[1])
    assert len(measured) == len(site) * len(WIDTHS)
    assert [each for each in measured if each[2] > 0] == []
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
