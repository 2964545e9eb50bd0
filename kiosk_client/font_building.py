"""Build the fonts that a form's languages need from those of Debian, at install: `warm-handoff-kiosk fonts`.

No font is part of this repository, and no Debian font has both a script and the Latin letters, digits and brackets that
stand between its words.
"""

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from fontTools import unicodedata as scripts
from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from kiosk_client.fonts import INDEX, NoFonts, words
from shared_schema.form import LanguageTexts
from shared_schema.yaml_files import read_yaml

_WEIGHTS = ("Regular", "Bold")
_LATIN = (*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2028), 0x2039, 0x203A)
_NO_SCRIPT = {"Zyyy", "Zinh", "Zzzz", "Latn", "Grek", "Cyrl"}
_MERGED_LINE = 1.07, 0.40  # above and below, of the letter size: enough for the tallest signs
_SQUARE_LINE = 0.93, 0.26


@dataclass(frozen=True)
class _Wanted:
    """`name`: of the built files. `index`: the face in the collection, None for a font of its own."""

    name: str
    script: str
    font: str
    rtl: bool = False
    index: int | None = None
    repertoire: str = ""


def build(texts: Iterable[LanguageTexts], folder: Path) -> list[str]:
    """Write the fonts that these languages need, and their index, into the folder. The scripts that were built.

    Raises NoFonts.
    """
    for logger in ("fontTools.subset", "fontTools.merge", "fontTools.ttLib"):
        logging.getLogger(logger).setLevel(logging.ERROR)
    table = read_yaml(files("kiosk_client") / "fonts.yaml")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = sorted(set(_wanted(texts, table)), key=lambda each: each.name)
    listed = [_built(each, table, folder) for each in wanted]
    draft = folder / f".{INDEX}.new"
    draft.write_text(json.dumps(listed), encoding="utf-8")
    draft.replace(folder / INDEX)
    return [each.name for each in wanted]


def _wanted(texts: Iterable[LanguageTexts], table: dict[str, Any]) -> Iterator[_Wanted]:
    for each in texts:
        if each.language in table["faces"]:
            face = table["faces"][each.language]
            yield _Wanted(each.language, face["script"], table["collection"], False, face["index"], face["repertoire"])
            continue
        for script in {scripts.script(letter) for letter in words(each)} - _NO_SCRIPT:
            if script in table["scripts"]:
                entry = table["scripts"][script]
                yield _Wanted(script, script, entry["font"], entry.get("rtl", False))


def _built(wanted: _Wanted, table: dict[str, Any], folder: Path) -> dict[str, Any]:
    entry: dict[str, Any] = {"script": wanted.script, "rtl": wanted.rtl}
    for weight in _WEIGHTS:
        font = _face(wanted, weight, table) if wanted.index is not None else _merged(wanted, weight, table, folder)
        name = f"{wanted.name}-{weight}{'.otf' if 'CFF ' in font else '.ttf'}"
        font.save(folder / name)
        entry[weight.lower()] = name
        entry["covers"] = _stretches(font.getBestCmap())
    return entry


def _face(wanted: _Wanted, weight: str, table: dict[str, Any]) -> TTFont:
    path = _path(f"{wanted.font}-{weight}.ttc", table)
    font = _subset(TTFont(path, fontNumber=wanted.index, lazy=False), {*_LATIN, *_repertoire(wanted.repertoire)})
    return _with_line(font, *_SQUARE_LINE)


def _merged(wanted: _Wanted, weight: str, table: dict[str, Any], folder: Path) -> TTFont:
    latin = _subset(TTFont(_path(f"{table['latin']}-{weight}.ttf", table), lazy=False), set(_LATIN))
    beside = TTFont(_path(f"{wanted.font}-{weight}.ttf", table), lazy=False)
    for unused in {"GPOS", "GSUB", "GDEF", "kern"} & set(latin.keys()):
        del latin[unused]  # only the script needs shaping
    drafts = [folder / f".{wanted.name}-{number}" for number in range(2)]
    for font, draft in zip((beside, latin), drafts, strict=True):
        font.save(draft)
    merged: TTFont = Merger().merge([str(draft) for draft in drafts])
    for draft in drafts:
        draft.unlink()
    return _with_line(merged, *_MERGED_LINE)


def _with_line(font: TTFont, above: float, below: float) -> TTFont:
    """Debian's fonts leave room for signs of every script, up to twice the letter size."""
    em = font["head"].unitsPerEm
    font["hhea"].ascent, font["hhea"].descent, font["hhea"].lineGap = round(em * above), -round(em * below), 0
    font["OS/2"].sTypoAscender, font["OS/2"].sTypoDescender = font["hhea"].ascent, font["hhea"].descent
    return font


def _subset(font: TTFont, letters: set[int]) -> TTFont:
    options = Options(layout_features=[], hinting=False, notdef_outline=True, name_IDs=[1, 2])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    return font


def _repertoire(encoding: str) -> Iterator[int]:
    """Every character that two bytes of the encoding stand for, and what is written between them."""
    for high in range(0xA1, 0xFF):
        for low in (*range(0x40, 0x7F), *range(0xA1, 0xFF)):
            try:
                yield from map(ord, bytes((high, low)).decode(encoding))
            except UnicodeDecodeError:
                continue


def _path(name: str, table: dict[str, Any]) -> Path:
    for folder in table["folders"]:
        if (Path(folder) / name).is_file():
            return Path(folder) / name
    package = "fonts-noto-cjk" if name.endswith(".ttc") else "fonts-noto-core"
    raise NoFonts(f"{name} is not there. Install it with: sudo apt-get install {package}")


def _stretches(letters: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each run of neighbours."""
    found: list[tuple[int, int]] = []
    for letter in sorted(letters):
        if found and letter == found[-1][1] + 1:
            found[-1] = (found[-1][0], letter)
        else:
            found.append((letter, letter))
    return found
