"""What is in the image, and that it is enough: the tree that the Dockerfile copies, in a chroot.

No container engine runs here. The Dockerfile's second stage is that tree and nothing else, so what
can go wrong in it can be seen in the tree, and what it says beside it is compared with the
manifests.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess

import pytest
import yaml

from harness import ApiServer, Process, endpoints, wait_until
from harness.net import free_port
from harness.process import answers_ok
from harness.tools import REPOSITORY
from installed import NAMESPACE, Account, install
from shipped import MANIFESTS, SETTING, webhooks_of
from shipped import built as shipped

IMAGE = REPOSITORY / "hack" / "image"
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
PROGRAMS = {"spillway", "spillway-webhook", "spillway-reconciler"}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image") / "root"
    subprocess.run([IMAGE, "--root", folder], check=True, timeout=120)
    return folder


def chroot(folder, *command):
    """The command in there, as the user of the Deployment where this process may become it."""
    maps = pathlib.Path("/proc/self/uid_map").read_text().split()
    who = ["--userspec=65532:65532"] if int(maps[2]) > 65532 else []
    return ["chroot", *who, folder, *command]


def ran(folder, *command):
    done = subprocess.run(chroot(folder, *command), text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(folder):
    return [each for each in folder.rglob("*") if each.is_file() and not each.is_symlink()]


def executables(folder):
    return [each for each in files(folder) if each.read_bytes()[:4] == b"\x7fELF"]


# --- what is in it -----------------------------------------------------------------------------


def test_the_programs_start(root):
    [version] = re.findall(
        r"^  version: '([^']+)'", (REPOSITORY / "meson.build").read_text(), re.MULTILINE
    )
    assert ran(root, "/usr/bin/spillway-webhook", "--version") == f"spillway-webhook {version}\n"
    assert ran(root, "/usr/bin/spillway", "version") == f"spillway {version}\n"


def test_each_program_finds_all_its_libraries_and_there_are_no_others(root):
    [loader] = (root / "lib64").iterdir()
    loaded = {f"/lib64/{loader.name}"}
    for program in (root / "usr" / "bin").iterdir():
        listed = ran(root, f"/lib64/{loader.name}", "--list", f"/usr/bin/{program.name}")
        assert "not found" not in listed
        loaded |= set(re.findall(r"=> (/\S+)", listed))
    there = {f"/{each.relative_to(root)}" for each in executables(root)}
    named_by_no_program = {each for each in there - loaded if "libgcc_s.so" in each}

    assert there - loaded - named_by_no_program == {
        f"/usr/bin/{program.name}" for program in (root / "usr" / "bin").iterdir()
    }


def test_nothing_in_it_can_be_run_but_our_programs(root):
    runnable = {each.name for each in (root / "usr" / "bin").iterdir()}
    assert {"spillway", "spillway-webhook"} <= runnable <= PROGRAMS
    assert {each.name for each in root.iterdir()} == {"etc", "lib", "lib64", "usr", "var"}
    for each in files(root):
        assert not each.stat().st_mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWOTH)
        assert each.read_bytes()[:2] != b"#!"


def test_every_package_is_described_and_there_are_no_others(root):
    """The list that a scanner reads is that of the files' packages, as Debian's dpkg knows them."""

    def package(path):
        real = os.path.realpath(path)
        for known in (real, real.removeprefix("/usr")):
            found = subprocess.run(["dpkg", "-S", known], text=True, capture_output=True)
            if found.returncode == 0:
                return found.stdout.partition(":")[0]
        raise AssertionError(f"{path} is of no package")

    ours = root / "usr" / "bin"
    libraries = [each for each in executables(root) if each.parent != ours]
    wanted = {package(f"/{each.relative_to(root)}") for each in libraries}
    # And of the two settings files.
    wanted |= {"openssl", "ca-certificates"}

    described = root / "var" / "lib" / "dpkg" / "status.d"
    assert {each.name for each in described.iterdir()} == wanted
    for each in described.iterdir():
        said = each.read_text()
        assert f"Package: {each.name}\n" in said and "\nVersion: " in said
        assert (root / "usr" / "share" / "doc" / each.name / "copyright").stat().st_size
    assert (root / "usr" / "share" / "doc" / "spillway" / "copyright").stat().st_size


# --- that it is enough -------------------------------------------------------------------------


def test_the_webhook_serves_from_it(root, bookinfo, authority, tmp_path):
    """As in its Pod: nothing writable, a name to be resolved, Debian's settings for TLS."""
    there = tmp_path / "root"
    shutil.copytree(root, there, symlinks=True)
    # What a kubelet puts there.
    (there / "etc" / "hosts").write_text("127.0.0.1 api-server.test localhost\n")
    pair = authority.new_serving("in-the-image", ["localhost"])
    config = json.loads(bookinfo.kubeconfig.read_text())
    cluster = config["clusters"][0]["cluster"]
    port = cluster["server"].rpartition(":")[2]
    cluster.update({"server": f"https://api-server.test:{port}", "tls-server-name": "localhost"})
    mounted = there / "mounted"
    mounted.mkdir()
    (mounted / "kubeconfig").write_text(json.dumps(config))
    shutil.copy(pair.chain, mounted / "tls.crt")
    shutil.copy(pair.key, mounted / "tls.key")
    for each in mounted.iterdir():
        each.chmod(0o644)
    probes = f"127.0.0.1:{free_port()}"
    argv = [
        *["/usr/bin/spillway-webhook", "--listen", f"127.0.0.1:{free_port()}"],
        *["--probe-listen", probes, "--drain-seconds", "0"],
        *["--tls-cert-file", "/mounted/tls.crt", "--tls-key-file", "/mounted/tls.key"],
        "--cluster=local=kubeconfig:/mounted/kubeconfig",
    ]
    process = Process("spillway-webhook", chroot(there, *argv), tmp_path)
    with process:
        process.wait_ready(lambda: answers_ok(f"http://{probes}/readyz"))
        process.send(15)
        assert process.wait_exit() == 0


def as_deployed(spec, **env):
    """The words and the environment of the Deployment's container, as the kubelet makes them."""
    [container] = spec["containers"]
    words = [re.sub(r"\$\((\w+)\)", lambda each: env[each[1]], word) for word in container["args"]]
    return ["/usr/bin/spillway-webhook", *words]


def mount_account(folder, account, api):
    """The projected volume of a Pod's ServiceAccount."""
    config = json.loads(account.kubeconfig.read_text())
    mounted = folder / "var" / "run" / "secrets" / "kubernetes.io" / "serviceaccount"
    mounted.mkdir(parents=True)
    authority = config["clusters"][0]["cluster"]["certificate-authority-data"]
    (mounted / "ca.crt").write_bytes(base64.b64decode(authority))
    (mounted / "token").write_text(config["users"][0]["user"]["token"])
    (mounted / "namespace").write_text(NAMESPACE)
    host, _, port = api.url.removeprefix("https://").rpartition(":")
    return {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}


def test_the_container_of_the_deployment_closes_its_registration(root, tools, tmp_path):
    """All that is shipped at once: the image's tree, the Deployment's words, the account's rights
    and the policy that holds it, the registrations. What stands in for a kubelet and for
    controllers is this test.
    """
    there = tmp_path / "root"
    shutil.copytree(root, there, symlinks=True)
    with ApiServer("deployed", tmp_path / "cluster") as api:
        install(api)
        account = Account(api, tmp_path / "account")
        account.wait_for_policy()
        [deployment] = [
            each
            for each in shipped(api)
            if (each["kind"], each["metadata"]["name"]) == ("Deployment", "spillway-webhook")
        ]
        spec = deployment["spec"]["template"]["spec"]
        env = mount_account(there, account, api)
        argv = as_deployed(spec, SPILLWAY_CLUSTER="local")
        process = Process("spillway-webhook", chroot(there, *argv), tmp_path, env)
        with process:
            process.wait_ready(lambda: answers_ok("http://127.0.0.1:8081/readyz"))
            api.apply(endpoints.replica(NAMESPACE, "spillway-webhook", "https", port=8443))

            def closed():
                held = {name: webhook for name, (_, webhook) in webhooks_of(api).items()}
                known = all("caBundle" in webhook["clientConfig"] for webhook in held.values())
                return known and held[SETTING]["failurePolicy"] == "Fail"

            wait_until("the registrations are filled in and closed", closed, timeout_s=120)
            setting = {
                "apiVersion": "tsb.tetrate.io/v2",
                "kind": "WorkspaceSetting",
                "metadata": {"name": "new", "namespace": "default"},
                "spec": {"defaultEastWestGatewaySettings": []},
            }
            refused = api.kubectl("create", "-f", "-", input=setting)
            assert f'admission webhook "{SETTING}" denied the request' in refused.stderr
            # Nothing of it is in the way of the next apply.
            api.kubectl("apply", "--server-side", "-k", MANIFESTS).check()


# --- the Dockerfile ----------------------------------------------------------------------------


def test_the_last_stage_is_that_tree_alone():
    last = DOCKERFILE.split("FROM ")[-1].splitlines()
    assert last[0] == "scratch"
    words = [line.split()[0] for line in last[1:] if line]
    assert words == ["COPY", "USER", "EXPOSE", "ENTRYPOINT"], "a scratch image can run nothing"
    assert "COPY --from=build /image /" in last
    assert "hack/image --root /image" in DOCKERFILE


def test_the_image_and_the_deployment_agree():
    deployment = yaml.safe_load((MANIFESTS / "webhook" / "deployment.yaml").read_text())
    spec = deployment["spec"]["template"]["spec"]
    user = spec["securityContext"]
    [container] = spec["containers"]
    ports = {str(each["containerPort"]) for each in container["ports"]}

    assert f"USER {user['runAsUser']}:{user['runAsGroup']}\n" in DOCKERFILE
    assert set(re.search(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)[1].split()) == ports
    assert "command" not in container
    assert re.search(r'^ENTRYPOINT \["/usr/bin/spillway-webhook"\]$', DOCKERFILE, re.MULTILINE)


def test_the_stage_that_compiles_has_what_it_copies():
    for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE):
        for name in line.split():
            assert (REPOSITORY / name).exists()
    ignored = (REPOSITORY / ".dockerignore").read_text().split()
    assert {"hack", "pkg", "webhook", "meson.build", "LICENSE", "tests"}.isdisjoint(ignored)


# --- hack/image --------------------------------------------------------------------------------


@pytest.fixture
def engines(tmp_path):
    """Stands in for docker and podman, of which only podman works; what podman was told."""
    told = tmp_path / "told"
    for name, status in {"docker": 1, "podman": 0, "buildah": 1}.items():
        script = tmp_path / "bin" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(f'#!/bin/sh\necho "{name} $*" >>{told}\nexit {status}\n')
        script.chmod(0o755)
    return tmp_path


def built(folder, *arguments, **kwargs):
    env = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    command = [IMAGE, *arguments]
    return subprocess.run(command, env=env, text=True, capture_output=True, timeout=60, **kwargs)


def test_it_builds_with_an_engine_that_works(engines):
    done = built(engines, "--tag", "here/a:1", "--tag", "here/a:2", "--", "--pull")
    assert done.returncode == 0, done.stderr
    assert (engines / "told").read_text().splitlines() == [
        "docker info",
        "podman info",
        "podman build --tag here/a:1 --tag here/a:2 --file Dockerfile --pull .",
    ]


def test_the_engine_can_be_chosen(engines):
    assert built(engines, "--engine", "docker").returncode == 1
    [told] = (engines / "told").read_text().splitlines()
    assert re.fullmatch(r"docker build --tag spillway-webhook:\S+ --file Dockerfile \.", told)


@pytest.mark.parametrize(
    ["arguments", "status", "said"],
    [
        (["--tag"], 2, "--tag: expected a value"),
        (["--what"], 2, "usage: hack/image"),
        (["--engine", "no-such-engine"], 1, "there is no program no-such-engine"),
        (["--root", "."], 1, ". is there already"),
    ],
)
def test_wrong_usage(engines, arguments, status, said):
    done = built(engines, *arguments)
    assert done.returncode == status and said in done.stderr
