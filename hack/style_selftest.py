"""Small trees with one violation each, which hack/style must name, and clean ones, which it must
not."""

import pathlib
import re
import tempfile

HEADER = "/* What it is for. */\n"
UNFINISHED = "TO" "DO"


def function(lines, body="    x++;\n"):
    return "void f(int x)\n{\n" + body * (lines - 3) + "}\n"


def parameters(count):
    return f"void f({', '.join(f'int p{n}' for n in range(count))})\n{{\n}}\n"


def exception(rule, what, why="planted"):
    return f'\n[[exception]]\nrule = "{rule}"\nwhat = "{what}"\nwhy = "{why}"\n'


BRANCH = "    if (x)\n        x++;\n"
RULES = "hack/style.toml"

# What stands in the tree (file: text; the rules' text is appended to), and the findings' patterns.
CASES = {
    "at every limit": (
        {"pkg/x/x.c": "\n" * 340 + function(60), "pkg/x/y.c": parameters(6),
         "pkg/x/z.c": function(17, BRANCH), "pkg/x/w.c": "/*" + "*" * 96 + "*/\n"},
        [],
    ),
    "a long file": (
        {"pkg/x/x.c": "\n" * 401},
        [r"pkg/x/x\.c: file-lines 401, more than 400"],
    ),
    "a long file with a reason": (
        {"pkg/x/x.c": "\n" * 401, RULES: exception("file-lines", "pkg/x/x.c")},
        [],
    ),
    "a file too long for any reason": (
        {"pkg/x/x.c": "\n" * 601, RULES: exception("file-lines", "pkg/x/x.c")},
        [r"pkg/x/x\.c: file-lines 601, and never more than 600",
         r"hack/style\.toml: the exception file-lines of pkg/x/x\.c is not needed"],
    ),
    "an exception without a reason": (
        {"pkg/x/x.c": "\n" * 401, RULES: exception("file-lines", "pkg/x/x.c", "")},
        [r"hack/style\.toml: the exception file-lines of pkg/x/x\.c gives no reason"],
    ),
    "a long function": (
        {"pkg/x/x.c": function(61)},
        [r"pkg/x/x\.c: f: function-lines 61, more than 60"],
    ),
    "a long function in a test": (
        {"tests/unit/x/test_x.c": function(61)},
        [r"tests/unit/x/test_x\.c: f: function-lines 61, more than 60"],
    ),
    "a function too long for any reason": (
        {"webhook/x.c": function(81)},
        [r"webhook/x\.c: f: function-lines 81, and never more than 80"],
    ),
    "a complex function": (
        {"pkg/x/x.c": function(18, BRANCH)},
        [r"pkg/x/x\.c: f: complexity 16, more than 15"],
    ),
    "a function of many parameters": (
        {"pkg/x/x.c": parameters(7)},
        [r"pkg/x/x\.c: f: parameters 7, more than 6"],
    ),
    "a long line": (
        {"pkg/x/x.c": "\n/*" + "*" * 97 + "*/\n"},
        [r"pkg/x/x\.c:2: line-columns 101"],
    ),
    "a long line in a script": (
        {"hack/x": "#" * 101 + "\n"},
        [r"hack/x:1: line-columns 101"],
    ),
    "unfinished work": (
        {"pkg/x/x.c": f"/* {UNFINISHED}: later */\n"},
        [r"pkg/x/x\.c:1: unfinished work"],
    ),
    "a header that does not say what it is for": (
        {"pkg/x/x.h": "#ifndef X\n/* Late. */\n#endif\n"},
        [r"pkg/x/x\.h: must open with a comment"],
    ),
    "prototypes with comments, and what is no prototype": (
        {"pkg/x/x.h": HEADER + "#define M(x) x;\n\n/* One. */\nint *sw_a(int (*f)(void),\n"
                               "         int b) __attribute__((format(printf, 1, 2)));\n"
                               "int sw_b(void);\n\nstruct x { int y; };\nM(int)\n"
                               "SW_DEFINE_CLEANUP(a, b, c);\ntypedef int (t)(void);\n"
                               "static inline int sw_c(void)\n{\n    return sw_b();\n}\n"},
        [],
    ),
    "a prototype without a comment": (
        {"pkg/x/x.h": HEADER + "/* One. */\nint sw_a(void);\n\nint sw_b(void);\n"},
        [r"pkg/x/x\.h:5: sw_b has no comment"],
    ),
    "a comment that belongs to the line above": (
        {"pkg/x/x.h": HEADER + "struct x; /* opaque */\nint sw_a(void);\n"},
        [r"pkg/x/x\.h:3: sw_a has no comment"],
    ),
    "an exception that has outlived its cause": (
        {RULES: exception("complexity", "pkg/x/x.c: f")},
        [r"hack/style\.toml: the exception complexity of pkg/x/x\.c: f is not needed"],
    ),
}


def run(findings, rules):
    """Runs every case; findings(root) is the check under test. Returns an exit status."""
    failed = 0
    limits = re.sub(r"(?ms)^\[\[exception\]\].*", "", rules.read_text())
    for name, (files, wanted) in CASES.items():
        with tempfile.TemporaryDirectory() as temporary:
            root = pathlib.Path(temporary)
            for path, text in {RULES: "", **files}.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(limits + text if path == RULES else text)
            found = findings(root)
        if len(found) != len(wanted) or not all(map(re.match, wanted, found)):
            failed += 1
            print(f"{name}: found {found}")
    print(f"hack/style --self-test: {len(CASES) - failed} of {len(CASES)} cases as expected")
    return 1 if failed else 0
