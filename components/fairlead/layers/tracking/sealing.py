"""The word with which MLflow seals keys that tenants store in it, where no Secret of the cluster can be that word.

It is made once, kept in the layer's own part of the object store, apart from what tenants read and write through the
server, and never in the database whose contents it seals.
"""

from __future__ import annotations

from fairlead.layers.databases.client import SIGNED_IN

WORD = f"{SIGNED_IN}/sealing"
KEEP = """\
import pathlib
import secrets

from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository


def keep_sealing_word():
    store, here = get_artifact_repository(os.environ["SEALED"]), pathlib.Path(os.environ["SEALING_WORD"])
    if here.name in {pathlib.PurePosixPath(one.path).name for one in store.list_artifacts()}:
        store.download_artifacts(here.name, str(here.parent))
    else:
        here.write_text(secrets.token_urlsafe(32))
        store.log_artifact(str(here))
"""
"""Called by one server at a time: two that begin together have one word."""
SERVE = f'MLFLOW_CRYPTO_KEK_PASSPHRASE="$(cat {WORD})" exec python3 -m mlflow server "$@"'
"""The server with the word in its environment: MLflow takes it from nowhere else."""
