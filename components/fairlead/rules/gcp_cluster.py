"""Rules about clusters of Google Kubernetes Engine: who reaches them, what they keep and what they tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fairlead.rules.model import Flaw, ResourceRule, Subject
from fairlead.rules.settings import Ask, flaws, holds, is_known, is_on, is_world, may_be, rows, sets, value_at

CLUSTER = "gcp:container/cluster:Cluster"
SYSTEM = "SYSTEM_COMPONENTS"
PLANE = ("APISERVER", "SCHEDULER", "CONTROLLER_MANAGER")
"""Components whose logs GKE hands over on request.
https://cloud.google.com/kubernetes-engine/docs/how-to/view-logs#control-plane-logs"""


def _endpoint(subject: Subject) -> Iterator[Flaw]:
    where = "masterAuthorizedNetworksConfig"
    networks = subject.get(where)
    private = value_at(subject.inputs, "privateClusterConfig.enablePrivateEndpoint")
    by_address = value_at(subject.inputs, "controlPlaneEndpointsConfig.ipEndpointsConfig.enabled")
    if networks is None and not may_be(private, True) and not may_be(by_address, False):
        what = "the API server's address is open to the internet"
        yield Flaw(
            where, what, "left out", "networks that may", "set enablePrivateEndpoint, or name networks"
        )
    for place, one in rows(subject.get(f"{where}.cidrBlocks")):
        given = one.get("cidrBlock")
        if is_world(given):
            path = f"{where}.cidrBlocks[{place}].cidrBlock"
            yield Flaw(
                path, "every address may reach the API server", str(given), "your networks", "name networks"
            )
    for path in (
        f"{where}.gcpPublicCidrsAccessEnabled",
        "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic",
    ):
        if is_on(subject.get(path)):
            what = "more than your networks may reach the API server"
            yield Flaw(path, what, "true", "false", "set it to false")


def _network_policy(subject: Subject) -> Iterator[Flaw]:
    given = subject.get("datapathProvider")
    calico = value_at(subject.inputs, "networkPolicy.enabled")
    policed = may_be(calico, True) or may_be(subject.get("enableAutopilot"), True)
    if not may_be(given, "ADVANCED_DATAPATH") and not policed:
        what = "network policies are accepted and nothing enforces them"
        yield Flaw(
            "datapathProvider", what, given or "left out", "ADVANCED_DATAPATH", "a new cluster with it"
        )


def _lacking(subject: Subject, part: str, wanted: tuple[str, ...]) -> Iterator[Flaw]:
    path = f"{part}Config.enableComponents"
    given = subject.get(path)
    if given is not None and is_known(given):
        lacking = [one for one in wanted if one not in given]
        if lacking:
            what = f"nothing is kept of {', '.join(lacking)}"
            yield Flaw(path, what, ", ".join(given) or "none", ", ".join(wanted), "add what lacks")


def _told(subject: Subject) -> Iterator[Flaw]:
    for part in ("logging", "monitoring"):
        if subject.get(f"{part}Service") == "none":
            yield Flaw(f"{part}Service", "nothing is kept", "none", "leave it out", "leave it out")
        yield from _lacking(subject, part, (SYSTEM,))


def _plane(subject: Subject) -> Iterator[Flaw]:
    if subject.get("loggingConfig.enableComponents") is None:
        what = "the control plane's own logs are not kept"
        yield Flaw("loggingConfig.enableComponents", what, "left out", ", ".join(PLANE), "name them")
    yield from _lacking(subject, "logging", PLANE)


def _window(subject: Subject) -> Iterator[Flaw]:
    policy: Any = subject.get("maintenancePolicy") or {}
    if is_known(policy) and not {"recurringWindow", "dailyMaintenanceWindow"} & set(policy):
        what = "Google upgrades the cluster at any hour"
        yield Flaw("maintenancePolicy", what, "left out", "a window", "name days and hours")


def _legacy(subject: Subject) -> Iterator[Flaw]:
    for path, what in (
        ("enableLegacyAbac", "rights that RBAC does not know of are given to every account"),
        (
            "masterAuth.clientCertificateConfig.issueClientCertificate",
            "a certificate is made that opens the cluster and cannot be taken back",
        ),
    ):
        if is_on(subject.get(path)):
            yield Flaw(path, what, "true", "false", "leave it out")
    if subject.get("masterAuth.password"):
        yield Flaw("masterAuth", "a password opens the cluster", "a password", "none", "leave it out")


WORKLOAD_IDENTITY = "workloadIdentityConfig.workloadPool"


def bare(*asks: Ask) -> Callable[[Subject], Iterator[Flaw]]:
    """A check of what nothing protects; of what the program protects, gcp-protected-twice tells."""

    def check(subject: Subject) -> Iterator[Flaw]:
        yield from () if subject.protect else flaws(asks, subject.inputs)

    return check


def _identity(subject: Subject) -> Iterator[Flaw]:
    if not subject.get(WORKLOAD_IDENTITY) and not may_be(subject.get("enableAutopilot"), True):
        what = "pods can only sign in as their node, or with a key"
        yield Flaw(WORKLOAD_IDENTITY, what, "left out", "PROJECT.svc.id.goog", "name the project's pool")


SECRETS = Ask("databaseEncryption.state", ("ENCRYPTED",), "secrets are stored under Google's key alone")
CHANNEL = Ask(
    "releaseChannel.channel",
    ("REGULAR", "STABLE", "EXTENDED", "RAPID"),
    "versions are upgraded by nobody, until they run out and Google does it",
    default="REGULAR",
)
SHIELDED = Ask("enableShieldedNodes", (True,), "a node proves its identity by nothing", default=True)
ALPHA = Ask("enableKubernetesAlpha", (False,), "the cluster is deleted after 30 days", default=False)
DELETION = Ask(
    "deletionProtection", (True,), "one wrong `pulumi destroy` takes the cluster with it", default=True
)
IMAGES = Ask(
    "binaryAuthorization.evaluationMode",
    (
        "PROJECT_SINGLETON_POLICY_ENFORCE",
        "POLICY_BINDINGS",
        "POLICY_BINDINGS_AND_PROJECT_SINGLETON_POLICY_ENFORCE",
    ),
    "no attestation is asked of an image",
)
ANONYMOUS = (
    Ask("anonymousAuthenticationConfig.mode", ("LIMITED",), "who gives no name may ask for more than health"),
)
BINDINGS = tuple(
    Ask(f"rbacBindingConfig.{name}", (False,), f"rights may be given to {whom}", default=True)
    for name, whom in (
        ("enableInsecureBindingSystemUnauthenticated", "whoever gives no name"),
        ("enableInsecureBindingSystemAuthenticated", "everybody with a Google account"),
    )
)

RULES = (
    ResourceRule(
        id="gcp-cluster-endpoint",
        title="The API server is reached from known networks alone",
        reason="An API server that the internet reaches is one leaked credential or one flaw away from being lost.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 5.6.3", "CIS-GKE 1.6.0 5.6.4"),
        types=(CLUSTER,),
        check=_endpoint,
    ),
    ResourceRule(
        id="gcp-cluster-workload-identity",
        title="Pods sign in by workload identity",
        reason="Without it pods have the rights of their node, all of them the same, or a key that leaks.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 5.2.2",),
        types=(CLUSTER,),
        check=_identity,
    ),
    ResourceRule(
        id="gcp-cluster-secrets-encrypted",
        title="Secrets are encrypted with a key of your own",
        reason="Who reads the control plane's disks or backups reads the secrets; a key of yours can be taken away.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 5.3.1",),
        types=(CLUSTER,),
        check=holds(SECRETS),
    ),
    ResourceRule(
        id="gcp-cluster-release-channel",
        title="A cluster is in a release channel",
        reason="Security fixes come with versions, and outside of a channel nobody brings them.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 5.5.4",),
        types=(CLUSTER,),
        check=holds(CHANNEL),
        remedy=sets(CHANNEL),
    ),
    ResourceRule(
        id="gcp-cluster-maintenance-window",
        title="A cluster has a maintenance window",
        reason="Upgrades drain nodes: outside of a window they interrupt training at any hour.",
        level="advisory",
        references=(),
        types=(CLUSTER,),
        check=_window,
    ),
    ResourceRule(
        id="gcp-cluster-logs",
        title="Logs and metrics of the cluster's own parts are kept",
        reason="What nobody kept cannot be looked at after an incident.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 5.7.1",),
        types=(CLUSTER,),
        check=_told,
    ),
    ResourceRule(
        id="gcp-cluster-control-plane-logs",
        title="Logs of the control plane are kept",
        reason="Why a request was refused or a pod not placed is told by the control plane alone.",
        level="advisory",
        references=("CIS-GKE 1.6.0 5.7.1",),
        types=(CLUSTER,),
        check=_plane,
    ),
    ResourceRule(
        id="gcp-cluster-network-policy",
        title="Network policies are enforced",
        reason="A policy that nothing enforces looks like a wall between tenants and is none.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 4.3.1",),
        types=(CLUSTER,),
        check=_network_policy,
    ),
    ResourceRule(
        id="gcp-cluster-shielded-nodes",
        title="Nodes are shielded",
        reason="Whoever takes a pod over can otherwise pass for a node and ask for its secrets.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 5.5.5",),
        types=(CLUSTER,),
        check=holds(SHIELDED),
        remedy=sets(SHIELDED),
    ),
    ResourceRule(
        id="gcp-cluster-no-legacy-access",
        title="No password, certificate or ABAC opens a cluster",
        reason="They bypass IAM and RBAC, nobody's name is in them, and they hold until somebody remembers them.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 2.1.1", "CIS-GKE 1.6.0 5.8.1", "CIS-GKE 1.6.0 5.8.3"),
        types=(CLUSTER,),
        check=_legacy,
    ),
    ResourceRule(
        id="gcp-cluster-no-insecure-bindings",
        title="No rights for everybody or nobody",
        reason="Who counts as authenticated is every Google account there is: a binding to all of them is public.",
        level="advisory",
        references=("CIS-GKE 1.6.0 4.1.9", "CIS-GKE 1.6.0 4.1.10"),
        types=(CLUSTER,),
        check=holds(*BINDINGS),
        remedy=sets(*BINDINGS),
    ),
    ResourceRule(
        id="gcp-cluster-anonymous-limited",
        title="Without a name only health is told",
        reason="Rights bound to anonymous by mistake are found by scanners within hours.",
        level="advisory",
        references=("CIS-GKE 1.6.0 4.1.8",),
        types=(CLUSTER,),
        check=holds(*ANONYMOUS),
        remedy=sets(*ANONYMOUS),
    ),
    ResourceRule(
        id="gcp-cluster-no-alpha",
        title="No cluster is an alpha cluster",
        reason="It gets no upgrades and Google deletes it after 30 days.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 5.10.2",),
        types=(CLUSTER,),
        check=holds(ALPHA),
    ),
    ResourceRule(
        id="gcp-cluster-deletion-protection",
        title="A cluster is protected from deletion",
        reason="With the cluster goes all that runs in it, and what its volumes were for.",
        level="advisory",
        references=(),
        types=(CLUSTER,),
        check=bare(DELETION),
        remedy=sets(DELETION),
    ),
    ResourceRule(
        id="gcp-cluster-binary-authorization",
        title="Images are attested before they run",
        reason="Whoever can push to a registry, or name another, otherwise decides what runs.",
        level="advisory",
        references=("CIS-GKE 1.6.0 5.10.4",),
        types=(CLUSTER,),
        check=holds(IMAGES),
    ),
)
