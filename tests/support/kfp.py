"""What Kubeflow Pipelines 2.17.0 reads and serves: facts, looked up in its source, that objects are held against.

Source: github.com/kubeflow/pipelines at tag 2.17.0 (4a3592cb2d, 2026-07-08), read 2026-11-29. No package registry has
the module, so tests cannot read it themselves: a release that moves means reading these places again.
"""

from __future__ import annotations

RELEASE = "2.17.0"

CONFIG = frozenset(
    {
        # backend/src/apiserver/client_manager/client_manager.go, constants and initBlobObjectStore
        *(f"DBConfig.MySQLConfig.{key}" for key in ("Host", "Port", "User", "Password", "DBName")),
        *("DBConfig.MySQLConfig.GroupConcatMaxLen", "DBConfig.MySQLConfig.ExtraParams"),
        *(f"DBConfig.PostgreSQLConfig.{key}" for key in ("Host", "Port", "User", "Password", "DBName")),
        *("DBConfig.ConMaxLifeTime", "DBDriverName", "InitConnectionTimeout", "ClientQPS", "ClientBurst"),
        *(f"ObjectStoreConfig.{key}" for key in ("BucketName", "Host", "Port", "Secure", "Region")),
        *(f"ObjectStoreConfig.{key}" for key in ("AccessKey", "SecretAccessKey", "PipelinePath")),
        *("ARCHIVE_CONFIG_LOG_FILE_NAME", "ARCHIVE_CONFIG_LOG_PATH_PREFIX"),
        *(f"ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_{key}" for key in ("HOST", "PORT")),
        # backend/src/apiserver/server/visualization_server.go
        *("VisualizationService.Name", "VisualizationService.Port"),
        # backend/src/apiserver/common/config.go
        *("MULTIUSER", "MULTIUSER_SHARED_READ", "POD_NAMESPACE", "CacheEnabled", "CLUSTER_DOMAIN"),
        *("DEFAULTPIPELINERUNNERSERVICEACCOUNT", "KUBEFLOW_USERID_HEADER", "KUBEFLOW_USERID_PREFIX"),
        *("AUTO_UPDATE_PIPELINE_DEFAULT_VERSION", "TOKEN_REVIEW_AUDIENCE", "METADATA_TLS_ENABLED"),
        *("CABUNDLE_SECRET_NAME", "CABUNDLE_CONFIGMAP_NAME", "CABUNDLE_KEY_NAME"),
        *("REQUIRE_NAMESPACE_FOR_PIPELINES", "COMPILED_PIPELINE_SPEC_PATCH", "ML_PIPELINE_SERVICE_NAME"),
        *("METADATA_SERVICE_NAME", "BLOCK_V1_PIPELINES", "V1_ALLOWED_NAMESPACES"),
        *(
            f"DEFAULT_SECURITY_CONTEXT_{key}"
            for key in ("RUN_AS_USER", "RUN_AS_GROUP", "RUN_AS_NON_ROOT", "HOST_USERS")
        ),
    }
)
"""Keys of its config.json, those of the sections joined by dots."""
WANTED = frozenset(
    {
        *("DBDriverName", "DBConfig.ConMaxLifeTime", "DBConfig.MySQLConfig.DBName", "InitConnectionTimeout"),
        *("ObjectStoreConfig.BucketName", "ObjectStoreConfig.Host"),
        *(f"ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_{key}" for key in ("HOST", "PORT")),
        *("VisualizationService.Name", "VisualizationService.Port"),
    }
)
"""Without one of these the server ends: GetStringConfig and GetDurationConfig, and validateRequiredConfig."""
API_VARIABLES = frozenset(
    # backend/src/v2/compiler/argocompiler/container.go: read from the environment and from nowhere else
    {"V2_DRIVER_IMAGE", "V2_LAUNCHER_IMAGE", "V2_DRIVER_COMMAND", "V2_LAUNCHER_COMMAND"}
    | {"PIPELINE_RUN_AS_USER", "PIPELINE_LOG_LEVEL", "PUBLISH_LOGS"}
)
FLAGS = {
    "kfp-api-server": frozenset(
        # backend/src/apiserver/main.go; logtostderr is glog's
        {"logLevel", "rpcPortFlag", "httpPortFlag", "webhookPortFlag", "webhookTLSCertPath", "config"}
        | {"webhookTLSKeyPath", "sampleconfig", "tlsCertPath", "tlsCertKeyPath", "collectMetricsFlag"}
        | {"pipelinesStoreKubernetes", "disableWebhook", "globalKubernetesWebhookMode", "logtostderr"}
    ),
    "kfp-persistence-agent": frozenset(
        # backend/src/agent/persistence/main.go
        {"logLevel", "kubeconfig", "master", "initializeTimeout", "timeout", "namespace", "numWorker"}
        | {"mlPipelineAPIServerBasePath", "mlPipelineAPIServerName", "mlPipelineServiceHttpPort"}
        | {"mlPipelineServiceGRPCPort", "mlPipelineServiceTLSEnabled", "ttlSecondsAfterWorkflowFinish"}
        | {"clientQPS", "clientBurst", "executionType", "saTokenRefreshIntervalInSecs", "caCertPath"}
        | {"logtostderr"}
    ),
    "kfp-scheduled-workflow-controller": frozenset(
        # backend/src/crd/controller/scheduledworkflow/main.go
        {"logLevel", "kubeconfig", "master", "namespace", "clientQPS", "clientBurst", "metricsPort"}
        | {"mlPipelineAPIServerName", "mlPipelineServiceGRPCPort", "mlPipelineServiceTLSEnabled"}
        | {"caCertPath", "recurringRunResyncIntervalSeconds", "userIdentityHeader", "userIdentityValue"}
        | {"logtostderr"}
    ),
    "ml-metadata-store-server": frozenset(
        # ml_metadata/metadata_store/metadata_store_server_main.cc of github.com/google/ml-metadata
        {"grpc_port", "grpc_channel_arguments", "metadata_store_server_config_file", "mysql_config_host"}
        | {"mysql_config_port", "mysql_config_database", "mysql_config_user", "mysql_config_password"}
        | {"metadata_store_connection_retries", "enable_database_upgrade", "downgrade_db_schema_version"}
    ),
}
"""Flags of each image's program."""
PROGRAMS = {
    # backend/Dockerfile and its siblings; manifests/kustomize/base/metadata/base/metadata-grpc-deployment.yaml
    "kfp-api-server": "/bin/apiserver",
    "kfp-persistence-agent": "/bin/persistence_agent",
    "kfp-scheduled-workflow-controller": "/bin/controller",
    "ml-metadata-store-server": "/bin/metadata_store_server",
}
TOKEN_FILES = {
    # client/tokenrefresher/token_refresher.go, SaTokenFile; scheduledworkflow/main.go, apiTokenFile
    "kfp-persistence-agent": "/var/run/secrets/kubeflow/tokens/persistenceagent-sa-token",
    "kfp-scheduled-workflow-controller": "/var/run/secrets/kubeflow/tokens/scheduledworkflow-sa-token",
}
ASKED = {
    # backend/src/apiserver/server/*_server.go: what a SubjectAccessReview asks, by resource
    "pipelines": {"create", "delete", "get", "list", "update"},
    "experiments": {"archive", "create", "delete", "get", "list", "unarchive"},
    "runs": {"archive", "create", "delete", "get", "list", "readArtifact", "reportMetrics", "retry"}
    | {"terminate", "unarchive"},
    "jobs": {"create", "delete", "disable", "enable", "get", "list"},
    "workflows": {"report"},
    "scheduledworkflows": {"report"},
}
PROVIDERS = {
    # backend/src/v2/config/s3.go and gcs.go: keys of a provider's default
    "s3": {"endpoint", "credentials", "region", "disableSSL", "forcePathStyle", "maxRetries"},
    "gs": {"credentials"},
}
