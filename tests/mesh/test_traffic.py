"""Requests through Envoys: where they are answered, with all well and with something gone."""

import pytest

import scene
from harness import wait_until
from traffic import Traffic, where

DETAILS = "http://details:9080/details/0"
REVIEWS = "http://reviews:9080/reviews/0"
PRODUCTPAGE = "http://productpage:9080/productpage"


@pytest.fixture
def details_again(mesh):
    yield
    for site in mesh.sites:
        site.cluster.scale("details-v1", 1)
        site.cluster.wait_ready()


@pytest.fixture
def routed(mesh):
    """bookinfo's DestinationRule and VirtualService in every cluster."""
    objects = [scene.reviews_rule(), scene.reviews_routes()]
    for site in mesh.sites:
        site.apply(*objects)
    for site in mesh.sites:
        for version in scene.VERSIONS["reviews"]:
            wait_until(
                f"{site.name}: subset {version} has a way elsewhere",
                lambda site=site, version=version: sorted(
                    site.client().priorities(scene.outbound("reviews", version)).values()
                )
                == [0, 1],
                60,
            )
    yield
    for site in mesh.sites:
        site.delete(*objects)
        site.cluster.scale("reviews-v2", 1)
        site.cluster.wait_ready()


@pytest.mark.parametrize("service", scene.VERSIONS)
def test_healthy_traffic_stays_local(mesh, service):
    url = f"http://{service}:9080/{service}"
    for site in mesh.sites:
        answers = [site.client().get(url) for _ in range(60)]
        assert where(answers) == {site.name: 60}
        assert {each.version for each in answers} == set(scene.VERSIONS[service])


def test_a_service_without_pods_is_answered_elsewhere_and_comes_home(
    first, second, details_again
):
    with Traffic(first.client(), DETAILS) as traffic:
        assert where(traffic.wait_for(20)) == {first.name: 20}
        first.cluster.scale("details-v1", 0)
        traffic.wait_for_cluster(second.name, timeout_s=20)
        assert where(traffic.wait_for(50)) == {second.name: 50}
        first.cluster.scale("details-v1", 1)
        traffic.wait_for_cluster(first.name, timeout_s=40)
        assert where(traffic.wait_for(50)) == {first.name: 50}
    failed = [each for each in traffic.answers if not each.ok]
    assert len(failed) <= 1, failed


def test_a_page_is_whole_while_one_of_its_parts_is_elsewhere(first, second, details_again):
    first.cluster.scale("details-v1", 0)
    wait_until("details has left", lambda: first.client().get(DETAILS).cluster == second.name)
    page = first.client().get(PRODUCTPAGE)
    assert page.ok and page.cluster == first.name
    assert page.body["details"]["cluster"] == second.name
    assert page.body["reviews"]["cluster"] == first.name


def test_a_subset_fails_over_and_what_is_not_routed_to_it_stays(first, second, routed):
    client, jason = first.client(), {"end-user": "jason"}
    with Traffic(client, REVIEWS, jason) as routed_traffic, Traffic(client, REVIEWS) as others:
        for answers in (routed_traffic.wait_for(20), others.wait_for(20)):
            assert where(answers) == {first.name: 20}
        first.cluster.scale("reviews-v2", 0)
        routed_traffic.wait_for_cluster(second.name, timeout_s=20)
        assert where(routed_traffic.wait_for(30)) == {second.name: 30}
    assert {each.version for each in routed_traffic.answers if each.ok} == {"v2"}
    failed = [each for each in routed_traffic.answers if not each.ok]
    assert len(failed) <= 1, failed
    assert where(others.answers) == {first.name: len(others.answers)}
    assert {each.version for each in others.answers} == {"v1"}


def test_a_service_that_is_absent_here_is_answered_elsewhere(first, second):
    objects = scene.application("inventory", second.name)
    client = first.client()
    second.apply(*objects)
    try:
        second.cluster.wait_ready()
        wait_until("the name is known", lambda: _resolves(client, "inventory"))
        url = "http://inventory:9080/"
        wait_until("it is answered", lambda: client.get(url).cluster == second.name)
        assert where([client.get(url) for _ in range(20)]) == {second.name: 20}
    finally:
        second.delete(*objects)
    wait_until("the name is gone", lambda: not _resolves(client, "inventory"), 60)


def test_a_rolling_update_sends_nothing_away(first):
    before = first.cluster.pod("details")
    with Traffic(first.client(), DETAILS) as traffic:
        restart = ["rollout", "restart", "deployment/details-v1", "-n", scene.NAMESPACE]
        first.api.kubectl(*restart).check()
        wait_until("the old pod is gone", lambda: before not in first.cluster.pods("details"))
        first.cluster.wait_ready()
        traffic.wait_for(50)
    assert first.cluster.pod("details").name != before.name
    assert where(traffic.answers) == {first.name: len(traffic.answers)}


def _resolves(client, name):
    try:
        return client.resolve(name)
    except LookupError:
        return None
