"""The parts of a page: sections of text, lists, tables and pictures. Each part renders itself as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from training.reports.table import ReportTable


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]

    def markdown(self) -> str:
        return "\n".join(f"- {_plain(item)}" for item in self.items)


@dataclass(frozen=True)
class Code:
    """Lines to print unchanged."""

    text: str

    def markdown(self) -> str:
        return f"```\n{self.text}\n```"


@dataclass(frozen=True)
class Picture:
    """A PNG; `name` is its file name in `reports/` without the suffix."""

    name: str
    alt: str
    png: bytes

    def markdown(self) -> str:
        return f"![{self.alt}](reports/{self.name}.png)"


Block: TypeAlias = str | Bullets | Code | Picture | ReportTable


@dataclass(frozen=True)
class Section:
    """A heading and the blocks below it."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def anchor(self) -> str:
        """The heading as the fragment of a URL."""
        return "-".join(self.title.lower().split())

    def markdown(self) -> str:
        blocks = (_plain(block) if isinstance(block, str) else block.markdown() for block in self.blocks)
        return "\n\n".join([f"## {self.title}", *blocks])


@dataclass(frozen=True)
class Document:
    """A title and its sections."""

    title: str
    sections: tuple[Section, ...]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every picture, in order."""
        return tuple(block for section in self.sections for block in section.blocks if isinstance(block, Picture))

    def markdown(self) -> str:
        return "\n\n".join([f"# {_plain(self.title)}", *(section.markdown() for section in self.sections)]) + "\n"


def _plain(text: str) -> str:
    # Names come from data, so a `<` in them must not start an HTML tag.
    return text.replace("<", "&lt;")
