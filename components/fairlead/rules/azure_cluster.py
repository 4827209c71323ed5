"""Rules about clusters of Azure Kubernetes Service: who reaches them, who signs in, what they keep."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.rules.azure_links import is_logged
from fairlead.rules.model import Flaw, ResourceRule, Subject, Whole, WholeRule
from fairlead.rules.settings import Ask, holds, is_known, is_on, is_world, listed, may_be, sets, text

CLUSTER = "azure-native:containerservice*:ManagedCluster"
ACCESS = "apiServerAccessProfile"
AUDIT = ("kube-audit", "kube-audit-admin")
"""Categories that have who asked the API server for what.
https://learn.microsoft.com/azure/aks/monitor-aks-reference#resource-logs"""


def _endpoint(subject: Subject) -> Iterator[Flaw]:
    ranges = subject.get(f"{ACCESS}.authorizedIPRanges")
    private = subject.get(f"{ACCESS}.enablePrivateCluster")
    if is_on(private) or not is_known(private) or not is_known(ranges):
        return
    for place, one in enumerate(listed(ranges)):
        if is_world(one):
            path = f"{ACCESS}.authorizedIPRanges[{place}]"
            yield Flaw(path, "every address may reach the API server", one, "your ranges", "name ranges")
    if not ranges:
        what = "the API server's address is open to the internet"
        fix = "set enablePrivateCluster to true, or name authorizedIPRanges"
        yield Flaw(
            f"{ACCESS}.enablePrivateCluster", what, text(private or "left out"), "true, or ranges", fix
        )


def _password(subject: Subject) -> Iterator[Flaw]:
    given = subject.get("servicePrincipalProfile.clientId")
    if given and not may_be(given, "msi"):
        what = "the cluster signs in with a password that ends and lies in the state"
        fix = "leave it out and give it a managed identity"
        yield Flaw("servicePrincipalProfile", what, "a service principal", "identity", fix)


def _audited(whole: Whole) -> Iterator[Flaw]:
    for one in whole.of(CLUSTER):
        if not is_logged(whole, one, "managedClusters:resourceName", AUDIT):
            what = "who asked the API server for what is not kept"
            fix = "add a DiagnosticSetting of the cluster with category kube-audit-admin"
            yield Flaw("", what, "no DiagnosticSetting of it", " or ".join(AUDIT), fix, one)


LOCAL = Ask("disableLocalAccounts", (True,), "a certificate of everybody's, and nobody's, opens the cluster")
ENTRA = (
    Ask("aadProfile.managed", (True,), "people sign in without Entra, past its second factor and its logs"),
    Ask("enableRBAC", (True,), "whoever signs in may do everything", default=True),
)
AZURE_RBAC = Ask("aadProfile.enableAzureRBAC", (True,), "rights in the cluster are not seen in Azure")
POLICY = Ask(
    "networkProfile.networkPolicy",
    ("cilium", "azure", "calico"),
    "network policies are accepted and nothing enforces them",
)
IDENTITY = (
    Ask("oidcIssuerProfile.enabled", (True,), "nobody outside can check a pod's token"),
    Ask(
        "securityProfile.workloadIdentity.enabled",
        (True,),
        "pods can only sign in as their node, or by a key",
    ),
)
SECRETS = Ask(
    "securityProfile.azureKeyVaultKms.enabled", (True,), "secrets are stored under Azure's key alone"
)
UPGRADES = (
    Ask(
        "autoUpgradeProfile.upgradeChannel",
        ("patch", "stable", "rapid", "node-image"),
        "nobody brings fixes of Kubernetes",
    ),
    Ask(
        "autoUpgradeProfile.nodeOSUpgradeChannel",
        ("NodeImage", "SecurityPatch"),
        "nobody brings fixes of the nodes' system",
    ),
)
COMMAND = Ask(f"{ACCESS}.disableRunCommand", (True,), "Azure runs commands in the cluster past its network")
DEFENDER = Ask(
    "securityProfile.defender.securityMonitoring.enabled", (True,), "nobody watches what runs for attacks"
)
ADDON = Ask("addonProfiles.azurepolicy.enabled", (True,), "policies of the subscription end at the cluster")
DISKS = "diskEncryptionSetID"


def _disks(subject: Subject) -> Iterator[Flaw]:
    if not subject.get(DISKS):
        what = "disks are under Azure's key alone"
        yield Flaw(DISKS, what, "left out", "a disk encryption set's id", "name it")


RULES = (
    ResourceRule(
        id="azure-cluster-endpoint",
        title="The API server is reached from known networks alone",
        reason="An API server that the internet reaches is one leaked credential or one flaw away from being lost.",
        level="mandatory",
        references=("CIS-AKS 1.8.0 5.4.1", "CIS-AKS 1.8.0 5.4.2"),
        types=(CLUSTER,),
        check=_endpoint,
    ),
    ResourceRule(
        id="azure-cluster-no-local-accounts",
        title="No local account opens a cluster",
        reason="Its certificate is the same for everybody, is told to whoever may ask, and cannot be taken back.",
        level="mandatory",
        references=("CIS-AKS 1.8.0 5.5.1", "MCSB IM-1"),
        types=(CLUSTER,),
        check=holds(LOCAL),
        remedy=sets(LOCAL),
    ),
    ResourceRule(
        id="azure-cluster-entra",
        title="People sign in to a cluster by Entra, and have rights by RBAC",
        reason="Who leaves the company then leaves the cluster too, and what each may do is written down.",
        level="mandatory",
        references=("CIS-AKS 1.8.0 5.5.1", "MCSB IM-1"),
        types=(CLUSTER,),
        check=holds(*ENTRA),
    ),
    ResourceRule(
        id="azure-cluster-azure-rbac",
        title="Rights in a cluster are given in Azure",
        reason="One place then tells who may do what; rights in the cluster alone are missed by reviews of access.",
        level="advisory",
        references=("CIS-AKS 1.8.0 5.5.2",),
        types=(CLUSTER,),
        check=holds(AZURE_RBAC),
    ),
    ResourceRule(
        id="azure-cluster-network-policy",
        title="Network policies are enforced",
        reason="A policy that nothing enforces looks like a wall between tenants and is none.",
        level="mandatory",
        references=("CIS-AKS 1.8.0 5.4.4",),
        types=(CLUSTER,),
        check=holds(POLICY),
    ),
    ResourceRule(
        id="azure-cluster-workload-identity",
        title="Pods sign in by workload identity",
        reason="Without it pods have the rights of their node, all of them the same, or a key that leaks.",
        level="mandatory",
        references=("CIS-AKS 1.8.0 5.2.1", "MCSB IM-3"),
        types=(CLUSTER,),
        check=holds(*IDENTITY),
        remedy=sets(*IDENTITY),
    ),
    ResourceRule(
        id="azure-cluster-managed-identity",
        title="A cluster signs in by a managed identity",
        reason="The password of a service principal leaks, and the day it ends the cluster stops to scale.",
        level="mandatory",
        references=("MCSB IM-3",),
        types=(CLUSTER,),
        check=_password,
    ),
    ResourceRule(
        id="azure-cluster-secrets-encrypted",
        title="Secrets are encrypted with a key of your own",
        reason="Who reads the control plane's disks or backups reads the secrets; a key of yours can be taken away.",
        level="mandatory",
        references=("CIS-AKS 1.8.0 5.3.1", "MCSB DP-5"),
        types=(CLUSTER,),
        check=holds(SECRETS),
    ),
    ResourceRule(
        id="azure-cluster-disks-own-key",
        title="Disks of a cluster are encrypted with a key of your own",
        reason="Images, logs and volumes lie there; your key can be taken away from whoever should read no more.",
        level="advisory",
        references=("CIS-Azure 3.0.0 8.3", "MCSB DP-5"),
        types=(CLUSTER,),
        check=_disks,
    ),
    WholeRule(
        id="azure-cluster-audited",
        title="Who asked the API server for what is kept",
        reason="Without the audit log nobody can say after an incident what was read or changed, and by whom.",
        level="mandatory",
        references=("CIS-AKS 1.8.0 2.1.1", "MCSB LT-3"),
        looks_at="resources",
        check=_audited,
    ),
    ResourceRule(
        id="azure-cluster-upgrades",
        title="Fixes of Kubernetes and of the nodes' system come by themselves",
        reason="Flaws are published; a cluster that nobody upgrades keeps them until its version runs out.",
        level="mandatory",
        references=("MCSB PV-6",),
        types=(CLUSTER,),
        check=holds(*UPGRADES),
        remedy=sets(*UPGRADES),
    ),
    ResourceRule(
        id="azure-cluster-no-run-command",
        title="Azure runs no commands in a cluster",
        reason="Whoever may call the cluster's resource in Azure otherwise acts inside of it, from any network.",
        level="advisory",
        references=("MCSB NS-2",),
        types=(CLUSTER,),
        check=holds(COMMAND),
        remedy=sets(COMMAND),
    ),
    ResourceRule(
        id="azure-cluster-defender",
        title="Microsoft Defender watches what runs in a cluster",
        reason="Miners and shells are noticed in hours, not by the bill at the end of the month.",
        level="advisory",
        references=("CIS-Azure 3.0.0 3.1.4.1", "MCSB LT-1"),
        types=(CLUSTER,),
        check=holds(DEFENDER),
    ),
    ResourceRule(
        id="azure-cluster-policy",
        title="Policies of the subscription hold in a cluster",
        reason="What a company asks of all its clusters is then asked of this one, and reported in one place.",
        level="advisory",
        references=("MCSB PV-2",),
        types=(CLUSTER,),
        check=holds(ADDON),
    ),
)
