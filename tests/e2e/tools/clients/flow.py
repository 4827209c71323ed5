"""A member's own program: two steps, written with Hera, sent to the Kubernetes API, and waited for."""

import sys
import time

from hera.workflows import DAG, Parameter, Resources, Workflow, script
from kubernetes import client, config

IMAGE, TENANT = sys.argv[1:]
PLACE = ("argoproj.io", "v1alpha1", TENANT, "workflows")
SMALL = Resources(cpu_request="50m", memory_request="64Mi", memory_limit="128Mi")


@script(image=IMAGE, command=["python3"], resources=SMALL)
def doubled(number: int) -> None:
    """Prints twice a number: what a script prints is its result."""
    print(int(number) * 2)


with Workflow(generate_name="hera-", entrypoint="main", namespace=TENANT) as flow, DAG(name="main"):
    first = doubled(name="first", arguments=Parameter(name="number", value=4))
    second = doubled(name="second", arguments=Parameter(name="number", value=first.result))
    first >> second

config.load_kube_config()
api = client.CustomObjectsApi()
name = api.create_namespaced_custom_object(*PLACE, flow.to_dict())["metadata"]["name"]
phase, status = "", {}
for _ in range(150):
    status = api.get_namespaced_custom_object(*PLACE, name).get("status", {})
    phase = status.get("phase", "")
    if phase in ("Succeeded", "Failed", "Error"):
        break
    time.sleep(2)
print("workflow", name, phase, status.get("message", ""))
for node in status.get("nodes", {}).values():
    given = [one["value"] for one in node.get("inputs", {}).get("parameters", [])]
    print("step", node["displayName"], node["phase"], *given)
