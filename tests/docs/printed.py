"""What the code can print: its texts, put together as it puts them together."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HOLE: Final = "{}"
_FEWEST_LETTERS: Final = 2
_DEEPEST: Final = 3
"""How deep texts are put into texts."""
_LENGTH: Final = r"\d+ (?:d|h|min|s)(?: \d+ (?:h|min|s))?"
"""A time, as the function and the command show it."""


def texts_in(paths: Iterable[Path], fewest_spaces: int = 0) -> list[str]:
    """Every text in the code that a person might read, with {} for what is put in.

    Not those that stand alone, which are docstrings.
    """
    found = []
    for path in sorted(paths):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        part = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            if isinstance(part.get(node), (ast.Expr, ast.JoinedStr, ast.FormattedValue)):
                continue
            if isinstance(node, ast.JoinedStr):
                text = "".join(map(_written, node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            if text.count(" ") >= fewest_spaces:
                found.append(text)
    return found


def _written(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    # In a column, spaces follow.
    is_column = part.format_spec is not None and ast.unparse(part.format_spec).startswith("f'<")
    return f"{HOLE}  " if is_column else HOLE


class Printed:
    """The lines that texts can become, where each hole has a word, a time, another text, or nothing.

    :param texts: The texts. One without words, such as "{}: {}", doesn't count: any sentence could be made of it.
    :param word: The form of a word in a hole.
    :param tails: What may follow a text, each after a full stop.
    :param forms: Texts without words that count all the same.
    """

    def __init__(
        self, texts: Iterable[str], word: str, tails: tuple[str, ...] = (), forms: tuple[str, ...] = ()
    ) -> None:
        found = {re.sub(" {2,}", "  ", text): None for text in texts}
        assert found.keys() >= set(forms)
        self._texts = [text for text in found if len(re.findall("[a-z]", text)) >= _FEWEST_LETTERS or text in forms]
        self._word = re.compile(f"{_LENGTH}|{word}")
        self._tails = ("", *(f". {tail}" for tail in tails))
        self._readers: dict[str, _Ends] = {}

    def has(self, line: str) -> bool:
        """Whether the line is one of them, from the first letter to the last; columns may be of any width."""
        line = re.sub(" {2,}", "  ", line)
        ends = self._reader(line)
        return any(line[end:] in self._tails for text in self._texts for end in ends(text, 0, _DEEPEST))

    def is_in(self, text: str, line: str) -> bool:
        """Whether a part of the line can be of that text."""
        if not all(piece in line for piece in text.split(HOLE)):
            return False
        ends = self._reader(line)
        return any(ends(text, start, _DEEPEST) for start in range(len(line)))

    def _reader(self, line: str) -> _Ends:
        """Return a function that tells where a text can end that begins at a place in the line."""
        if line in self._readers:
            return self._readers[line]

        @cache
        def holes(start: int, depth: int) -> frozenset[int]:
            found = {start}
            if match := self._word.match(line, start):
                # A full stop or a bracket after the word may belong to the text around it.
                found |= set(range(start + 1, match.end() + 1))
            for begin in {start, start + 2 * line.startswith(". ", start)} if depth else ():
                for text in self._texts:
                    found |= ends(text, begin, depth - 1)
            return frozenset(found)

        def ends(text: str, start: int, depth: int) -> frozenset[int]:
            first, *others = text.split(HOLE)
            places = {start + len(first)} if line.startswith(first, start) else set()
            for other in others:
                filled = {end for place in places for end in holes(place, depth)}
                places = {end + len(other) for end in filled if line.startswith(other, end)}
            return frozenset(places)

        self._readers[line] = ends
        return ends


if TYPE_CHECKING:
    from collections.abc import Callable

    _Ends = Callable[[str, int, int], frozenset[int]]
