"""The rows of bodies.py for Cloud SQL, and for the endpoint by which a server is reached."""

from __future__ import annotations

from typing import Any

from reference.gcp.bodies import DROP, Body, as_list, only

PROVIDER = {"project": DROP, "deletionPolicy": DROP}
_OTHER_CALLS = (
    "backupdrBackup",
    "blueGreenDeployment",
    "clone",
    "encryptionConfidentialMode",
    "enforceNewSqlNetworkArchitecture",
    "finalBackupDescription",
    "pointInTimeRestoreContext",
    "replicaConfiguration",
    "restoreBackupContext",
)
"""What the provider says in other calls than the one that makes a server, or of replicas and in no document."""


def _unset(value: Any) -> Any:
    """An endpoint's rule says by an empty text that it balances nothing, and the API is told nothing."""
    return "EXTERNAL" if value == "" else value


def _day(value: Any) -> Any:
    """The API has a number here, whose bounds its document tells in words alone."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 7 else str(value)


def _hour(value: Any) -> Any:
    return (
        value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 23 else str(value)
    )


SQL: dict[str, Body] = {
    "gcp:sql/databaseInstance:DatabaseInstance": Body(
        "sqladmin.v1",
        "DatabaseInstance",
        {
            **PROVIDER,
            **dict.fromkeys(_OTHER_CALLS, DROP),
            "deletionProtection": DROP,
            "encryptionKeyName": "diskEncryptionConfiguration.kmsKeyName",
            "settings.diskType": "dataDiskType",
            "settings.diskSize": "dataDiskSizeGb",
            "settings.diskAutoresize": "storageAutoResize",
            "settings.diskAutoresizeLimit": "storageAutoResizeLimit",
            "settings.ipConfiguration.pscConfigs": "pscConfig",
            "settings.ipConfiguration.pscConfigs.pscAutoConnections.consumerServiceProjectId": DROP,  # not in v1
            "settings.denyMaintenancePeriod": "denyMaintenancePeriods",
            "settings.connectionPoolConfigs": "connectionPoolConfig",
            "settings.effectiveAvailabilityType": DROP,
            "settings.version": "settingsVersion",
            "rootPasswordWo": "rootPassword",
            "rootPasswordWoVersion": DROP,
        },
        {
            "settings.ipConfiguration.pscConfigs": only,
            "settings.connectionPoolConfigs": only,
            "settings.denyMaintenancePeriod": as_list,
            "settings.maintenanceWindow.day": _day,
            "settings.maintenanceWindow.hour": _hour,
        },
    ),
    "gcp:sql/database:Database": Body("sqladmin.v1", "Database", PROVIDER),
    "gcp:sql/user:User": Body(
        "sqladmin.v1",
        "User",
        {
            **PROVIDER,
            "passwordPolicy.statuses": "status",
            "passwordWo": "password",
            "passwordWoVersion": DROP,
        },
        {"passwordPolicy.statuses": only},
    ),
    "gcp:compute/forwardingRule:ForwardingRule": Body(
        "compute.v1",
        "ForwardingRule",
        {
            **PROVIDER,
            "region": DROP,
            "recreateClosedPsc": DROP,
            "ipAddress": "IPAddress",
            "ipProtocol": "IPProtocol",
        },
        {"loadBalancingScheme": _unset, "serviceDirectoryRegistrations": as_list},
    ),
}
