"""Our programs, and the real ones, which hack/tools builds where the cache lacks them."""

import functools
import os
import pathlib
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def program(name):
    """The path of a program of ours: in the folder $SPILLWAY_BIN if that is set, else in bin/."""
    return pathlib.Path(os.environ.get("SPILLWAY_BIN") or REPOSITORY / "bin").resolve() / name


@functools.cache
def tool(name):
    """The path of a tool. May take minutes, with progress on standard error."""
    return _hack_tools(name) / name


@functools.cache
def mesh_tools():
    """The folder of every tool that tests/mesh needs, as tool()."""
    return _hack_tools("--mesh")


@functools.cache
def istio_crds():
    """The path of the YAML file with all of Istio's CRDs, in Istio's own module."""
    return _hack_tools("--istio-crds")


@functools.cache
def istio_bootstrap():
    """The path of the template of Envoy's bootstrap, in Istio's own module."""
    return _hack_tools("--istio-bootstrap")


def _hack_tools(argument):
    command = [REPOSITORY / "hack" / "tools", argument]
    return pathlib.Path(subprocess.check_output(command, text=True).rstrip("\n"))
