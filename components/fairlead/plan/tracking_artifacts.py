"""Where artefacts are kept: the contract's URI of a part, in MLflow's words."""

from __future__ import annotations

from typing import TypeVar

AZURE = "abfs://"
Uri = TypeVar("Uri")


def spelt(uri: Uri) -> Uri | str:
    """A container of Azure is abfs:// in the contract, and wasbs:// to MLflow on the same host; others are as they are.

    mlflow 3.17.2, mlflow/store/artifact/azure_blob_artifact_repo.py, parse_wasbs_uri. What only creation tells is the
    name of a bucket, which is spelt the same.
    """
    if isinstance(uri, str) and uri.startswith(AZURE):
        return f"wasbs://{uri.removeprefix(AZURE)}"
    return uri
