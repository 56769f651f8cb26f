"""The report as a reader's browser gets it."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from sciml.report.build import build_report

VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """A strict reader: tags must close in order; keeps attributes, the cells of tables, and all text."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[list[str]]] = []
        self.bold: list[str] = []
        self.text = ""
        self.feed(file.read_text(encoding="utf-8"))
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += data
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += " " + data.strip() if self.tables[-1][-1][-1] else data.strip()
        if self.open and self.open[-1] == "strong":
            self.bold.append(data)


def build(runs: list[Path], folder: Path, **changes: Any) -> Page:
    output = folder / "out" / "report.html"
    build_report(runs, output, **({"title": "A title <1>", "scale": "smoke", "notes": ["left out: ocean"]} | changes))
    return Page(output)
