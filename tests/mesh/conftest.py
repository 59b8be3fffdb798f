"""Two clusters with Envoys, gateways and Spillway for the whole run; each test puts things back.

Nothing here is ever skipped: what cannot be built, started or found fails the run.
"""

import pytest

from harness import fabric, netns
from harness.tools import istio_bootstrap, istio_crds, mesh_tools
from mesh import Mesh


@pytest.fixture(scope="session")
def tools(request):
    """Builds what is missing, in the open: it may take minutes, and its progress is to be seen."""
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        mesh_tools()
        istio_crds()
        istio_bootstrap()


@pytest.fixture(scope="session")
def mesh(tools, tmp_path_factory):
    """The clusters, in a network of their own; only building needs the world."""
    try:
        netns.enter()
        with Mesh(tmp_path_factory.mktemp("mesh")) as mesh:
            yield mesh
    except (netns.Refused, fabric.Refused) as error:
        pytest.exit(str(error), returncode=1)


@pytest.fixture
def first(mesh):
    return mesh.sites[0]


@pytest.fixture
def second(mesh):
    return mesh.sites[1]


@pytest.fixture(autouse=True)
def connected(mesh):
    """Each test begins with everything in place, and has Envoy refuse nothing."""
    mesh.wait_connected()
    before = mesh.refusals()
    yield
    assert mesh.refusals() == before
