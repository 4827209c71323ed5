"""One comment on a pull request, or one issue, that is edited in place: of GitHub and of GitLab, by their REST APIs.

Found again by its first line and its author: whoever writes a comment with the same first line is not overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import quote, urlencode

from fairlead.errors import FairleadError
from fairlead.operate.forge import Api

What = Literal["created", "edited", "unchanged", "closed"]


@dataclass(frozen=True)
class Written:
    """What became of a text, and where it stands."""

    what: What
    url: str


@dataclass(frozen=True)
class Found:
    """A text that this pipeline has written before."""

    key: int
    body: str
    url: str


class Forge(Protocol):
    """What GitHub and GitLab both know, under other names."""

    def pull(self, sha: str, *, number: int | None = None, head: str = "") -> int | None:
        """Number of the open pull request whose newest commit this is; None: there is none any more."""
        ...

    def comments(self, number: int) -> Iterator[Found]:
        """Our comments on a pull request, the oldest first."""
        ...

    def comment(self, number: int, body: str, found: Found | None) -> str:
        """Writes a comment, or that one anew; where it stands."""
        ...

    def issues(self) -> Iterator[Found]:
        """Our open issues."""
        ...

    def issue(self, title: str, body: str, found: Found | None) -> str:
        """Opens an issue, or writes that one anew; where it stands."""
        ...

    def close(self, found: Found) -> None:
        """Closes an issue."""
        ...


def on_pull(forge: Forge, number: int, body: str) -> Written:
    """The comment with this first line: edited where it stands, else written. Raises FairleadError."""
    return _kept(forge.comments(number), body, lambda found: forge.comment(number, body, found))


def on_issue(forge: Forge, title: str, body: str) -> Written:
    """The open issue with this first line: edited, else opened. Raises FairleadError."""
    return _kept(forge.issues(), body, lambda found: forge.issue(title, body, found))


def close(forge: Forge, marker: str) -> Written | None:
    """Closes the open issue with this first line; None where there is none. Raises FairleadError."""
    found = _same(forge.issues(), marker + "\n")
    if found is None:
        return None
    forge.close(found)
    return Written("closed", found.url)


def _kept(texts: Iterator[Found], body: str, write: Callable[[Found | None], str]) -> Written:
    found = _same(texts, body)
    if found and _plain(found.body) == _plain(body):
        return Written("unchanged", found.url)
    return Written("edited" if found else "created", write(found))


def _same(texts: Iterator[Found], body: str) -> Found | None:
    first = body.partition("\n")[0]
    return next((one for one in texts if _plain(one.body).partition("\n")[0] == first), None)


def _plain(body: str) -> str:
    """A text as both sides have it: forges change ends of lines, and what is blank at the end."""
    return body.replace("\r\n", "\n").strip()


@dataclass(frozen=True)
class GitHub:
    """One repository of GitHub. author: the login under which its token writes."""

    api: Api
    repository: str
    author: str

    def pull(self, sha: str, *, number: int | None = None, head: str = "") -> int | None:
        """By its number, or by `OWNER:BRANCH` where the event names none, as for forks."""
        if number is not None:
            found = [self.api.call("GET", f"{self._path}/pulls/{number}")]
        else:
            found = list(self.api.all(f"{self._path}/pulls?{urlencode({'state': 'open', 'head': head})}"))
        numbers = [
            int(one["number"]) for one in found if one["state"] == "open" and one["head"]["sha"] == sha
        ]
        if len(numbers) > 1:
            told = ", ".join(map(str, numbers))
            raise FairleadError(
                f"several pull requests have this head: {told}\n    fix:     name one with --pull"
            )
        return numbers[0] if numbers else None

    def comments(self, number: int) -> Iterator[Found]:
        """Ours, the oldest first: the order in which GitHub lists them."""
        yield from self._ours(f"{self._path}/issues/{number}/comments", "id")

    def comment(self, number: int, body: str, found: Found | None) -> str:
        """Posted, or patched."""
        if found:
            answer = self.api.call("PATCH", f"{self._path}/issues/comments/{found.key}", {"body": body})
        else:
            answer = self.api.call("POST", f"{self._path}/issues/{number}/comments", {"body": body})
        return str(answer["html_url"])

    def issues(self) -> Iterator[Found]:
        """Open ones; pull requests, which GitHub lists among them, begin with other words."""
        yield from self._ours(f"{self._path}/issues?state=open", "number")

    def issue(self, title: str, body: str, found: Found | None) -> str:
        """Posted, or patched."""
        sent = {"title": title, "body": body}
        if found:
            return str(self.api.call("PATCH", f"{self._path}/issues/{found.key}", sent)["html_url"])
        return str(self.api.call("POST", f"{self._path}/issues", sent)["html_url"])

    def close(self, found: Found) -> None:
        """As done."""
        self.api.call("PATCH", f"{self._path}/issues/{found.key}", {"state": "closed"})

    @property
    def _path(self) -> str:
        return f"/repos/{self.repository}"

    def _ours(self, path: str, key: str) -> Iterator[Found]:
        for one in self.api.all(path):
            user: Mapping[str, Any] = one["user"] or {}
            if user.get("login") == self.author and "pull_request" not in one:
                yield Found(int(one[key]), str(one["body"] or ""), str(one["html_url"]))


@dataclass(frozen=True)
class GitLab:
    """One project of GitLab, by its number or path."""

    api: Api
    project: str

    def pull(self, sha: str, *, number: int | None = None, head: str = "") -> int | None:
        """By its number: pipelines of merge requests know it."""
        if number is None:
            raise FairleadError("GitLab's pipelines know the number\n    fix:     give it with --pull")
        found = self.api.call("GET", f"{self._path}/merge_requests/{number}")
        return number if found["state"] == "opened" and found["sha"] == sha else None

    def comments(self, number: int) -> Iterator[Found]:
        """Ours, the oldest first."""
        mine = self.api.call("GET", "/user")["id"]
        page = f"{self._path}/merge_requests/{number}"
        for one in self.api.all(f"{page}/notes?sort=asc&order_by=created_at"):
            if one["author"]["id"] == mine:
                yield Found(int(one["id"]), str(one["body"]), f"{page}#note_{one['id']}")

    def comment(self, number: int, body: str, found: Found | None) -> str:
        """Posted, or put."""
        page = f"{self._path}/merge_requests/{number}"
        path = f"{page}/notes/{found.key}" if found else f"{page}/notes"
        answer = self.api.call("PUT" if found else "POST", path, {"body": body})
        return f"{page}#note_{answer['id']}"

    def issues(self) -> Iterator[Found]:
        """Open ones."""
        mine = self.api.call("GET", "/user")["id"]
        for one in self.api.all(f"{self._path}/issues?state=opened&author_id={mine}"):
            yield Found(int(one["iid"]), str(one["description"] or ""), str(one["web_url"]))

    def issue(self, title: str, body: str, found: Found | None) -> str:
        """Posted, or put."""
        path = f"{self._path}/issues/{found.key}" if found else f"{self._path}/issues"
        sent = {"title": title, "description": body}
        return str(self.api.call("PUT" if found else "POST", path, sent)["web_url"])

    def close(self, found: Found) -> None:
        """As done."""
        self.api.call("PUT", f"{self._path}/issues/{found.key}", {"state_event": "close"})

    @property
    def _path(self) -> str:
        return f"/projects/{quote(self.project, safe='')}"
