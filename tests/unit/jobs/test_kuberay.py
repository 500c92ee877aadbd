"""Manifests for KubeRay: what is asked for stands in them, and what KubeRay would not take is refused before it is written."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from workbench.cli.main import main
from workbench.core.errors import InputError
from workbench.jobs.bundles.bundle import Bundle
from workbench.jobs.order import Order
from workbench.jobs.places import kuberay

ROOT = Path("/data/line-3")
WHERE: dict[str, Any] = {"root": ROOT, "image": "registry/workbench:1", "claim": "line-3", "secret": "ray-token"}
BUNDLE = Bundle(ROOT / "bundles" / ("ab" * 32), {"source": {"path": "/home/Caps V2.ipynb"}, "secrets": ["S3_KEY"]})
ORDER = Order(workers=4, cpus=2.5, memory_gb=8, gpus=1)


def test_a_cluster_has_a_worker_pod_for_each_worker_with_what_it_asks_for() -> None:
    made = kuberay.cluster(ORDER, **WHERE)
    group = made["spec"]["workerGroupSpecs"][0]
    (container,) = group["template"]["spec"]["containers"]
    assert (group["replicas"], container["image"]) == (4, "registry/workbench:1")
    assert container["resources"]["limits"] == {"cpu": "2.5", "memory": "10240Mi", "nvidia.com/gpu": "1"}
    assert group["rayStartParams"]["memory"] == str(8 * 2**30)  # the rest of the pod's memory is Ray's own
    assert container["volumeMounts"] == [{"name": "workspace", "mountPath": "/data/line-3"}]
    assert group["template"]["spec"]["volumes"][0]["persistentVolumeClaim"] == {"claimName": "line-3"}


def test_a_job_carries_its_bundle_order_and_parameters_and_secrets_by_name_only() -> None:
    made = kuberay.job(BUNDLE, ORDER, parameters={"n": 7}, **WHERE)
    assert made["metadata"]["name"] == "wb-caps-v2-ipynb-abababab"
    assert json.dumps(str(BUNDLE.path))[1:-1] in made["spec"]["entrypoint"]
    assert '"parameters": {"n": 7}' in made["spec"]["entrypoint"]
    cluster = made["spec"]["rayClusterSpec"]
    assert cluster["authOptions"] == {"mode": "token", "secretName": "ray-token"}
    env = cluster["headGroupSpec"]["template"]["spec"]["containers"][0]["env"]
    wanted = {"secretKeyRef": {"name": "ray-token", "key": "S3_KEY", "optional": True}}
    assert [e["valueFrom"] for e in env if e["name"] == "S3_KEY"] == [wanted]


def test_the_text_is_yaml_of_the_same_document() -> None:
    made = kuberay.job(BUNDLE, ORDER, parameters={}, **WHERE)
    assert list(yaml.safe_load_all(kuberay.text([made]))) == [made]


def _spec(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["spec"]["rayClusterSpec"]
    return found


def _misspelled(document: dict[str, Any]) -> None:
    _spec(document)["workerGroups"] = _spec(document).pop("workerGroupSpecs")


def _text_for_a_number(document: dict[str, Any]) -> None:
    _spec(document)["workerGroupSpecs"][0]["replicas"] = "four"


def _without_its_head(document: dict[str, Any]) -> None:
    del _spec(document)["headGroupSpec"]


def _unknown_mode(document: dict[str, Any]) -> None:
    _spec(document)["authOptions"]["mode"] = "password"


def _wrong_quantity(document: dict[str, Any]) -> None:
    _spec(document)["headGroupSpec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] = "8 gigabytes"


def _nameless_container(document: dict[str, Any]) -> None:
    del _spec(document)["headGroupSpec"]["template"]["spec"]["containers"][0]["name"]


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (_misspelled, "spec.rayClusterSpec: Additional properties are not allowed ('workerGroups' was unexpected)"),
        (_text_for_a_number, "spec.rayClusterSpec.workerGroupSpecs[0].replicas: 'four' is not of type 'integer'"),
        (_without_its_head, "spec.rayClusterSpec: 'headGroupSpec' is a required property"),
        (_unknown_mode, "spec.rayClusterSpec.authOptions.mode: 'password' is not one of ['disabled', 'token']"),
        (_wrong_quantity, "resources.limits.memory: '8 gigabytes' does not match"),
        (_nameless_container, "template.spec.containers[0]: 'name' is a required property"),
    ],
)
def test_a_planted_mistake_is_found_and_placed(plant: Callable[[dict[str, Any]], None], told: str) -> None:
    document = copy.deepcopy(kuberay.job(BUNDLE, ORDER, parameters={}, **WHERE))
    plant(document)
    with pytest.raises(InputError) as caught:
        kuberay.checked(document)
    assert told in caught.value.message


def test_a_name_that_kubernetes_does_not_take_is_refused() -> None:
    with pytest.raises(InputError, match="The name 'Line_3' is none that Kubernetes takes"):
        kuberay.cluster(ORDER, name="Line_3", **WHERE)


def test_the_command_writes_a_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "cluster.yaml"
    order = ["cluster", "manifest", "-w", str(tmp_path / "ws"), "--image", "i:1", "--claim", "c", "--workers", "3"]
    assert main([*order, "--output", str(out)]) == 0
    assert yaml.safe_load(out.read_text())["spec"]["workerGroupSpecs"][0]["replicas"] == 3
    assert f"kubectl apply -f {out}" in capsys.readouterr().out
