"""What goes wrong when the Kubernetes API is asked, in the user's words."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fairlead.errors import FairleadError

if TYPE_CHECKING:
    import httpx2
    from lightkube.core.exceptions import ApiError

_NOT_READY = ("failed calling webhook", "connection refused", "no endpoints available")


class ApiFailure(FairleadError):
    """The API refused or does not answer. `code` is the HTTP status, 0 if there was no answer."""

    def __init__(self, text: str, code: int = 0) -> None:
        self.code = code
        super().__init__(text)


def passing(failure: ApiFailure) -> bool:
    """Whether it may go away by itself: no answer, too many requests, a webhook that is not up."""
    text = str(failure)
    return failure.code in (0, 429, 503, 504) or (failure.code == 500 and any(w in text for w in _NOT_READY))


def words_of(answer: httpx2.Response) -> str:
    """What is wrong, in the words of whoever answered: of Kubernetes, of Prometheus, or of neither."""
    try:
        told = answer.json()
        return str(told.get("message") or told.get("error"))
    except (ValueError, AttributeError):
        return " ".join(answer.text.split())[:200]


@contextmanager
def cut_off_is_no_failure() -> Generator[None]:
    """A watch may end, or be too old (410), at any time: what is really wrong shows in the next list."""
    import httpx2

    try:
        yield
    except httpx2.HTTPStatusError as error:
        if _status(error) != 410:
            raise
    except httpx2.TransportError:
        return


@contextmanager
def in_users_words(server: str) -> Generator[None]:
    """What a call of the server raises becomes an ApiFailure."""
    import httpx2
    from lightkube.core.exceptions import ConfigError

    try:
        yield
    except httpx2.HTTPStatusError as error:
        raise _refused(error) from error
    except (ConfigError, FileNotFoundError, PermissionError) as error:
        # The kubeconfig names a program that gives out the credential; it runs when the first request is sent.
        fix = "install what the kubeconfig calls, or sign in with it; run it by hand to see what it wants"
        said = " ".join(str(error).split())
        raise ApiFailure(f"no credential for {server}: {said}\n    fix:     {fix}", 401) from error
    except httpx2.TransportError as error:
        text = f"the cluster at {server} does not answer: {error or type(error).__name__}"
        raise ApiFailure(
            f"{text}\n    fix:     `fairlead up` starts a local cluster again; of another, ask who runs it"
        ) from error


def _status(error: httpx2.HTTPStatusError) -> int:
    from lightkube.core.exceptions import ApiError

    # An error inside a watch comes without a response, as a Status object.
    if isinstance(error, ApiError) and error.status.code:
        return error.status.code
    return error.response.status_code


def _refused(error: httpx2.HTTPStatusError | ApiError) -> ApiFailure:
    code = _status(error)
    fixes = {
        401: "the credentials in the kubeconfig are not valid any more",
        403: "ask the platform team for membership in the tenant's group",
    }
    text = f"the cluster refused: {error}"
    if "could not find the requested resource" in text or "page not found" in text:
        fix = "the layer of this kind has to run on this cluster: `queue` and `jobs`, `serving` or `scaling`"
        text += f"\n    fix:     {fix}"
    elif code in fixes:
        text += f"\n    fix:     {fixes[code]}"
    return ApiFailure(text, code)
