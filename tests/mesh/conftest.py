"""Two clusters with Envoys, gateways and Spillway for the whole run; each test puts things back.

Nothing here is ever skipped: what cannot be built, started or found fails the run.
"""

import pathlib
import tempfile

import pytest

from harness import fabric, netns
from harness.tools import istio_bootstrap, istio_crds, tool
from mesh import Mesh

TOOLS = (
    *("etcd", "kube-apiserver", "kube-controller-manager", "kubectl"),
    *("pilot-discovery", "pilot-agent", "envoy"),
)


@pytest.fixture(scope="session")
def tools(request):
    """Builds what is missing, in the open: it may take minutes, and its progress is to be seen."""
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        for name in TOOLS:
            tool(name)
        istio_crds()
        istio_bootstrap()


@pytest.fixture(scope="session")
def mesh(tools):
    """The clusters, in a network of their own; only building needs the world."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="spillway-mesh-"))
    try:
        netns.enter()
        with Mesh(directory) as mesh:
            yield mesh
    except (netns.Refused, fabric.Refused) as error:
        pytest.exit(str(error), returncode=1)


@pytest.fixture
def first(mesh):
    return mesh.sites[0]


@pytest.fixture
def second(mesh):
    return mesh.sites[1]
