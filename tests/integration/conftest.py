"""One API server with istiod for the whole run, and a namespace for each test.

Nothing here is ever skipped: what cannot be built, started or found fails the run.
"""

import pytest

import admission as admissions
from harness import ApiServer, Authority, Istiod, netns
from harness.tools import istio_crds, tool
from harness.webhook import install


@pytest.fixture(scope="session")
def tools(request):
    """Builds what is missing, in the open: it may take minutes, and its progress is to be seen."""
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        for name in ("etcd", "kube-apiserver", "kubectl", "pilot-discovery"):
            tool(name)
        istio_crds()


@pytest.fixture(scope="session", autouse=True)
def network(tools):
    """Everything that the tests start is in a network of its own; only building needs the world."""
    try:
        netns.enter()
    except netns.Refused as error:
        pytest.exit(str(error), returncode=1)


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """What every certificate of the run but the API server's own goes back to."""
    return Authority.new_root(tmp_path_factory.mktemp("pki") / "root")


@pytest.fixture(scope="session")
def api(tools, tmp_path_factory):
    """A cluster's API server without anything in it."""
    with ApiServer("cluster-1", tmp_path_factory.mktemp("cluster") / "cluster-1") as api:
        yield api


@pytest.fixture(scope="session")
def mesh(api, authority, tmp_path_factory):
    """The same API server with Istio's CRDs, each object of theirs judged by istiod."""
    with Istiod(api, tmp_path_factory.mktemp("istiod"), authority):
        yield api


@pytest.fixture(scope="session")
def bookinfo(mesh):
    """That API server with our CRDs besides, and the namespaces of the guide, empty."""
    install(mesh)
    mesh.apply(*(admissions.namespace(name) for name in ("bookinfo", "eastwest", "tetrate")))
    return mesh


@pytest.fixture(scope="module")
def admission(bookinfo, authority, tmp_path_factory):
    """The webhook, registered there as users do for as long as a file's tests run."""
    folder = tmp_path_factory.mktemp("admission")
    with admissions.Admission(bookinfo, folder, authority) as admission:
        yield admission


@pytest.fixture
def namespace(api):
    """The name of a namespace that only this test uses."""
    return api.new_namespace()
