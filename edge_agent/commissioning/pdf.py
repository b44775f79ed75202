"""A sheet drawn as PDF, A4, with the letters of Kazakh; DejaVu comes with the system (fonts-dejavu-core)."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, WrapMode, XPos, YPos
from fpdf.fonts import FontFace

from edge_agent.commissioning.page import Facts, Section, Sheet, Table

FOLDERS: Final = tuple(
    Path("/usr/share/fonts") / name
    for name in ("truetype/dejavu", "dejavu", "dejavu-sans-fonts", "TTF", "ttf-dejavu")
)
"""Of Debian, Arch, Fedora and Alpine."""
_FILES: Final = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}
_FONT: Final = "text"
_MARGIN_MM: Final = 15.0
_TITLE_PT, _HEADING_PT, _TEXT_PT, _SMALL_PT = 16.0, 12.0, 9.0, 7.5
_LINE: Final = 1.25
_GREY: Final = (235, 238, 242)
_FAINT: Final = (90, 90, 90)
_MOST_IN_CELL, _MOST_IN_FACT, _MOST_IN_LINE = 300, 1000, 5000
"""Characters; a row of a table must fit on a page, and what is longer stands in the JSON."""
_MOST_LINES: Final = 12
_SPACES: Final = "\n\N{NO-BREAK SPACE}"
"""What has no shape and is meant: a no-break space stands between a number and its unit."""


class FontError(Exception):
    """There are no letters to print with: one sentence with what to do."""


def draw(sheet: Sheet, made: datetime, folders: Iterable[Path] = FOLDERS) -> bytes:
    """The PDF of a sheet; the same sheet at the same time gives the same bytes.

    Raises:
        FontError: no font is installed.
    """
    page = _Paper(sheet, made, fonts(folders))
    page.cover()
    for section in sheet.sections:
        page.section(section)
    page.signatures()
    return bytes(page.output())


def fonts(folders: Iterable[Path]) -> dict[str, Path]:
    """The files of the font, by style.

    Raises:
        FontError: none is installed.
    """
    for folder in folders:
        found = {style: folder / name for style, name in _FILES.items()}
        if all(path.is_file() for path in found.values()):
            return found
    raise FontError(
        "the PDF needs the font DejaVu, which has Kazakh letters: sudo apt-get install fonts-dejavu-core"
    )


class _Paper(FPDF):
    def __init__(self, sheet: Sheet, made: datetime, files: dict[str, Path]) -> None:
        super().__init__(format="A4")
        self._sheet = sheet
        self.set_creation_date(made)
        self.set_title(sheet.title)
        self.set_creator("Ulba")
        self.set_margin(_MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=_MARGIN_MM + 8)
        for style, file in files.items():
            self.add_font(_FONT, style, file)
        self.add_page()

    def footer(self) -> None:
        """At the foot of every page: what belongs to it, and its number (called by fpdf)."""
        self.set_y(-_MARGIN_MM - 4)
        self._font(_SMALL_PT - 1)
        self.multi_cell(0, text=self._sheet.footer, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        said = self._sheet.page.format(page=self.page_no(), pages="{nb}")
        self.cell(0, text=said, align="R")

    def cover(self) -> None:
        self._font(_TITLE_PT, "B")
        self.multi_cell(0, text=self._sheet.title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(2)
        self._facts(self._sheet.facts)

    def section(self, section: Section) -> None:
        self._heading(section.heading, _HEADING_PT - 1.5 * (section.level - 1))
        self._facts(section.facts)
        for line in section.lines:
            self._font(_TEXT_PT)
            self.multi_cell(
                0, text=_shown(line, _MOST_IN_LINE, _MOST_IN_LINE), new_x=XPos.LMARGIN, new_y=YPos.NEXT
            )
        if section.table is not None and section.table.rows:
            self.ln(1.5)
            self._table(section.table)

    def signatures(self) -> None:
        needed = 22 + 18 * len(self._sheet.signatures)
        if self.will_page_break(needed):
            self.add_page()
        self._heading(self._sheet.signatures_heading, _HEADING_PT)
        for who in self._sheet.signatures:
            self._signature(who)

    def _signature(self, who: str) -> None:
        self.set_draw_color(0)
        left, top, wide = self.l_margin, self.get_y() + 11, self.epw
        self._font(_TEXT_PT)
        self.set_xy(left, top - 5)
        self.cell(0.24 * wide, text=who)
        begin = left + 0.25 * wide
        for caption, share in zip(self._sheet.signature_fields, (0.37, 0.2, 0.14), strict=True):
            self.line(begin, top, begin + share * wide, top)
            self._font(_SMALL_PT - 1)
            self.set_xy(begin, top + 0.5)
            self.cell(share * wide, text=caption, align="C")
            begin += (share + 0.02) * wide
        self.set_xy(left, top + 5)

    def _heading(self, text: str, size: float) -> None:
        if self.will_page_break(22):
            self.add_page()
        self.ln(4)
        self._font(size, "B")
        self.multi_cell(0, text=_shown(text, _MOST_IN_CELL), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1)

    def _facts(self, facts: Facts) -> None:
        if not facts:
            return
        self._font(_TEXT_PT)
        with self.table(
            width=self.epw,
            col_widths=(30, 70),
            text_align="LEFT",
            v_align="TOP",
            borders_layout=TableBordersLayout.NONE,
            first_row_as_headings=False,
            line_height=_LINE * self.font_size,
            padding=(0.4, 0.7),
        ) as drawn:
            for label, text in facts:
                row = drawn.row()
                row.cell(label, style=FontFace(color=_FAINT))
                row.cell(_shown(text, _MOST_IN_FACT))

    def _table(self, table: Table) -> None:
        self._font(_SMALL_PT)
        self.set_line_width(0.15)
        self.set_draw_color(150)
        with self.table(
            width=self.epw,
            col_widths=table.widths,
            text_align="LEFT",
            borders_layout=TableBordersLayout.ALL,
            headings_style=FontFace(emphasis="BOLD", fill_color=_GREY),
            line_height=_LINE * self.font_size,
            padding=0.7,
            wrapmode=WrapMode.WORD,
        ) as drawn:
            drawn.row(table.headings)
            for row in table.rows:
                drawn.row([_shown(text, _MOST_IN_CELL) for text in row])

    def _font(self, size: float, style: str = "") -> None:
        self.set_font(_FONT, style, size)


def _shown(text: str, most: int, lines: int = _MOST_LINES) -> str:
    """Text without what has no shape, and `…` where it is cut."""
    plain = "".join(c if c.isprintable() or c in _SPACES else "\N{REPLACEMENT CHARACTER}" for c in text)
    short = "\n".join(plain.split("\n")[:lines])[:most]
    return short if short == plain else f"{short}…"
