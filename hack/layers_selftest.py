"""Plants violations in a copy of the tree; hack/layers must name each of them."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile

BANNED = '#include "base/banned.h"\n'

# What is planted (file: text), and what must then be found (a pattern). The objects of planted .c
# files are compiled for real, so that the checks on object code see what they would see.
CASES = {
    "nothing wrong": (
        {"pkg/base/planted.c": BANNED},
        None,
    ),
    "a folder includes one below it": (
        {"pkg/io/planted.h": "", "pkg/base/planted.c": '#include "io/planted.h"\n' + BANNED},
        r"pkg/base/planted\.c:1: pkg/base may not include pkg/io/planted\.h",
    ),
    "an edge includes a process": (
        {"webhook/planted.h": "", "pkg/serve/planted.h": '#include "webhook/planted.h"\n'},
        r"pkg/serve/planted\.h:1: pkg/serve may not include webhook/planted\.h",
    ),
    "an include that leads nowhere": (
        {"pkg/io/planted.h": '#include "base/nowhere.h"\n'},
        r'pkg/io/planted\.h:1: "base/nowhere\.h" is no file of the product',
    ),
    "a pure folder includes a system header": (
        {"pkg/base/planted.c": "#include <unistd.h>\n" + BANNED},
        r"pkg/base/planted\.c:1: <unistd\.h> is not among the headers of pure folders",
    ),
    "a library outside its home": (
        {"pkg/io/planted.h": "/* not to be compiled */\n#include <h2o/http1.h>\n"},
        r"pkg/io/planted\.h:2: <h2o/http1\.h> is only for pkg/serve/loop\.c",
    ),
    "headers in a cycle": (
        {"pkg/base/planted.h": '#include "base/planted2.h"\n',
         "pkg/base/planted2.h": '#include "base/planted.h"\n'},
        r"include cycle: pkg/base/planted\.h > pkg/base/planted2\.h > pkg/base/planted\.h",
    ),
    "no banned.h": (
        {"pkg/base/planted.c": "#include <string.h>\n"},
        r'pkg/base/planted\.c: its last include must be "base/banned\.h"',
    ),
    "an include behind banned.h": (
        {"pkg/base/planted.c": BANNED + "#include <string.h>\n"},
        r'pkg/base/planted\.c: its last include must be "base/banned\.h"',
    ),
    "a pure folder calls the system": (
        {"pkg/base/planted.c": BANNED + "extern int getpid(void);\nint planted(void);\n"
                                        "int planted(void) { return getpid(); }\n"},
        r"pkg/base/planted\.c: getpid is not among the symbols of pure folders",
    ),
    "a pure folder calls a library that is not its own": (
        {"pkg/base/planted.c": BANNED + "extern int yaml_get_version(void);\nint planted(void);\n"
                                        "int planted(void) { return yaml_get_version(); }\n"},
        r"pkg/base/planted\.c: yaml_get_version is not among the symbols of pure folders",
    ),
    "a folder calls one below it": (
        {"pkg/io/planted.c": BANNED + "int planted_below(void);\n"
                                      "int planted_below(void) { return 0; }\n",
         "pkg/base/planted.c": BANNED + "int planted_below(void);\nint planted(void);\n"
                                        "int planted(void) { return planted_below(); }\n"},
        r"pkg/base/planted\.c: pkg/base may not call planted_below of pkg/io/planted\.c",
    ),
    "a pure folder remembers": (
        {"pkg/base/planted.c": BANNED + "int planted(void);\n"
                                        "int planted(void) { static int n; return n++; }\n"},
        r"pkg/base/planted\.c: n is a variable, and pkg/base is pure",
    ),
    "a variable for everybody": (
        {"pkg/io/planted.c": BANNED + "extern int planted;\nint planted = 1;\n"},
        r"pkg/io/planted\.c: planted is a global variable",
    ),
    "a global that one file uses": (
        {"pkg/io/planted.c": BANNED + "int planted(void);\nint planted(void) { return 1; }\n"},
        r"pkg/io/planted\.c: planted is global, but no other file of the product uses it",
    ),
    "a folder that nobody knows": (
        {"pkg/planted/planted.h": ""},
        r"pkg/planted/planted\.h: its folder is not in hack/layers\.toml",
    ),
    "a source that nobody compiles": (
        {"pkg/base/uncompiled.c": BANNED},
        r"pkg/base/uncompiled\.c: no target in build compiles it",
    ),
    "a source that has changed since": (
        {"pkg/base/err.c": "/* changed */\n" + BANNED},
        r"pkg/base/err\.c is newer than its object file",
    ),
    "an order of its own in meson.build": (
        {"meson.build": "subdir('pkg/base')\n"},
        r"meson\.build: subdirs in the order \['pkg/base'\], but hack/layers\.toml says",
    ),
    "a pure folder that may use an edge": (
        {"hack/layers.toml": '\n[[layer]]\npath = "pkg/planted"\nkind = "pure"\n'
                             'uses = ["pkg/io"]\n'},
        r"hack/layers\.toml: pkg/planted is pure but uses pkg/io, which is not",
    ),
    "a folder that may use one below it": (
        {"hack/layers.toml": '\n[[layer]]\npath = "pkg/planted"\nkind = "edge"\n'
                             'uses = ["pkg/last"]\n'},
        r"hack/layers\.toml: pkg/planted uses pkg/last, which does not stand above it",
    ),
    "a folder that may use a process": (
        {"hack/layers.toml": '\n[[layer]]\npath = "pkg/planted"\nkind = "edge"\n'
                             'uses = ["webhook"]\n'},
        r"hack/layers\.toml: pkg/planted uses webhook, a process",
    ),
    "a folder without a file": (
        {"hack/layers.toml": '\n[[layer]]\npath = "pkg/planted"\nkind = "pure"\nuses = []\n'},
        r"hack/layers\.toml: pkg/planted has no source file",
    ),
    "an exception that has outlived its cause": (
        {"hack/layers.toml": '\n[[public]]\nname = "planted"\nwhy = "planted"\n'},
        r"hack/layers\.toml: the exception \[\[public\]\] planted is not needed",
    ),
}

APPENDED = "hack/layers.toml"


def copy_tree(original, to):
    """The sources, the rules and the product's object files, under a root of their own."""
    for folder in ("certs", "pkg", "webhook"):
        shutil.copytree(original.root / folder, to / folder)
    (to / "hack").mkdir()
    shutil.copy(original.root / APPENDED, to / APPENDED)
    shutil.copy(original.root / "meson.build", to / "meson.build")
    commands = []
    for path, source in original.object_paths.items():
        output = path.relative_to(original.build)
        (to / "build" / output).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, to / "build" / output)
        commands.append({"output": str(output), "file": "../" + source})
    return commands


def plant(tree, commands, files):
    """Writes a case's files into a copy of the tree, and compiles the sources among them."""
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == APPENDED:
            text = path.read_text() + text
        path.write_text(text)
        if path.name.startswith("planted") and path.suffix == ".c":
            planted = {"output": name + ".o", "file": "../" + name}
            compile_planted(tree, path, tree / "build" / planted["output"])
            commands = [*commands, planted]
    here = [{"directory": str(tree / "build"), **command} for command in commands]
    (tree / "build" / "compile_commands.json").write_text(json.dumps(here))


def compile_planted(tree, source, output):
    output.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cc", "-c", "-I", tree / "pkg", source, "-o", output], check=True)


def run(make_tree, findings, root, build):
    """Runs every case against the checks, findings(root, build). Returns an exit status."""
    original = make_tree(root, build)
    if original.obstacles:
        print("hack/layers --self-test:", *original.obstacles, sep="\n")
        return 1
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        clean = pathlib.Path(temporary).resolve() / "clean"
        commands = copy_tree(original, clean)
        plant(clean, commands, {})
        before = set(findings(clean, clean / "build"))
        for number, (name, (files, wanted)) in enumerate(CASES.items()):
            tree = clean.parent / str(number)
            shutil.copytree(clean, tree)
            plant(tree, commands, files)
            new = [f for f in findings(tree, tree / "build") if f not in before]
            seen = any(re.match(wanted, f) for f in new) if wanted else not new
            if not seen:
                failed += 1
                print(f"not found: {name}; found instead: {new}")
    print(f"hack/layers --self-test: {len(CASES) - failed} of {len(CASES)} cases as expected")
    return 1 if failed else 0
