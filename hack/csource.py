"""What hack/layers and hack/style know of C text and of this tree."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent

_COMMENT_OR_LITERAL = re.compile(
    r"""/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""", re.S | re.X
)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def blank_comments(text):
    """The text with its comments as spaces; lines and columns stay."""
    return _COMMENT_OR_LITERAL.sub(
        lambda m: _blank(m[0]) if m[0].startswith("/") else m[0], text
    )


def blank_all_but_code(text):
    """The text with comments, literals and preprocessor directives as spaces."""
    return _DIRECTIVE.sub(
        lambda m: _blank(m[0]), _COMMENT_OR_LITERAL.sub(lambda m: _blank(m[0]), text)
    )


def includes(text):
    """(line, "<" or '"', name) of each include, in order."""
    code = blank_comments(text)
    return [
        (code.count("\n", 0, m.start()) + 1, m[1], m[2]) for m in _INCLUDE.finditer(code)
    ]


def statements(text):
    """(first line, last line, code) of each thing at file scope: it ends at a ; or at a }."""
    code = blank_all_but_code(text)
    start, depth = 0, 0
    for position, character in enumerate(code):
        if character in "{(":
            depth += 1
        elif character in "})":
            depth -= 1
        if depth > 0 or character not in ";}":
            continue
        piece = code[start:position + 1]
        start += len(piece) - len(piece.lstrip())
        if piece.strip(" \n\t;"):
            yield (code.count("\n", 0, start) + 1, code.count("\n", 0, position) + 1,
                   piece.strip())
        start = position + 1


def c_files(root, folders, suffixes=(".c", ".h")):
    """Files under root's folders, relative to root, sorted. A folder that is not there has none."""
    return sorted(
        path.relative_to(root)
        for folder in folders
        for path in (root / folder).rglob("*")
        if path.suffix in suffixes and path.is_file()
    )
