"""One comment, one issue, edited in place: what the forges are asked, and what is said where they refuse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.forge_server import TOKEN, State, forge

from fairlead.errors import FairleadError
from fairlead.operate.comment import GitHub, GitLab, Written, close, on_issue, on_pull
from fairlead.operate.forge import Api, ApiRefused

MARKER = "<!-- fairlead-comment:preview -->"
SHA = "a" * 40


@pytest.fixture
def state() -> Iterator[State]:
    with forge() as found:
        yield found


def github(state: State, token: str = TOKEN) -> GitHub:
    api = Api(state.url, {"Authorization": f"Bearer {token}"})
    return GitHub(api, "lab/infra", "github-actions[bot]")


def gitlab(state: State) -> GitLab:
    return GitLab(Api(state.url, {"PRIVATE-TOKEN": TOKEN}), "lab/infra")


def pull(
    number: int = 7, *, sha: str = SHA, label: str = "stranger:fix", state: str = "open"
) -> dict[str, object]:
    return {"number": number, "state": state, "head": {"sha": sha, "label": label}, "sha": sha}


def test_a_comment_is_written_once_and_then_edited_in_place(state: State) -> None:
    first = on_pull(github(state), 7, f"{MARKER}\none\n")
    assert first == Written("created", f"{state.url}/c/100")
    assert on_pull(github(state), 7, f"{MARKER}\ntwo\n") == Written("edited", first.url)
    assert [one["body"] for one in state.comments] == [f"{MARKER}\ntwo\n"]
    assert [method for method, _ in state.writes] == ["POST", "PATCH"]


def test_the_same_text_again_writes_nothing(state: State) -> None:
    state.add(f"{MARKER}\r\none\r\n")
    assert on_pull(github(state), 7, f"{MARKER}\none\n").what == "unchanged"
    assert state.writes == []


def test_our_comment_is_found_on_a_later_page(state: State) -> None:
    for number in range(4):
        state.add(f"talk {number}", "somebody")
    ours = state.add(f"{MARKER}\nold\n")
    assert on_pull(github(state), 7, f"{MARKER}\nnew\n") == Written("edited", ours["html_url"])
    assert len([one for one in state.asked if one[0] == "GET"]) == 3


def test_what_another_has_written_under_our_marker_stays(state: State) -> None:
    state.add(f"{MARKER}\nmine, says a stranger\n", "stranger")
    assert on_pull(github(state), 7, f"{MARKER}\nours\n").what == "created"
    assert [one["body"] for one in state.comments] == [
        f"{MARKER}\nmine, says a stranger\n",
        f"{MARKER}\nours\n",
    ]


def test_a_comment_of_another_kind_stays(state: State) -> None:
    state.add("<!-- fairlead-comment:drift -->\nother\n")
    assert on_pull(github(state), 7, f"{MARKER}\nours\n").what == "created"


def test_a_forks_pull_request_is_found_by_its_branch_and_commit(state: State) -> None:
    state.pulls += [pull(6, sha="b" * 40, label="stranger:other"), pull(7), pull(8, state="closed")]
    assert github(state).pull(SHA, head="stranger:fix") == 7


def test_a_pull_request_that_has_moved_on_is_not_written_to(state: State) -> None:
    state.pulls.append(pull(7, sha="b" * 40))
    assert github(state).pull(SHA, head="stranger:fix") is None
    assert github(state).pull(SHA, number=7) is None
    assert github(state).pull("b" * 40, number=7) == 7


def test_two_pull_requests_of_one_head_are_not_told_apart(state: State) -> None:
    state.pulls += [pull(7), pull(9)]
    with pytest.raises(FairleadError, match="several pull requests have this head: 7, 9"):
        github(state).pull(SHA, head="stranger:fix")


def test_a_token_that_may_not_write_is_told_what_it_lacks(state: State) -> None:
    state.may_write = False
    with pytest.raises(ApiRefused, match="403 Resource not accessible by integration") as refused:
        on_pull(github(state), 7, f"{MARKER}\none\n")
    assert refused.value.code == 403
    assert "`pull-requests: write`" in str(refused.value)
    assert "fork" in str(refused.value)
    assert TOKEN not in str(refused.value)


def test_a_wrong_token_is_said_and_not_shown(state: State) -> None:
    with pytest.raises(ApiRefused, match="401 Bad credentials") as refused:
        on_pull(github(state, "wrong-token"), 7, f"{MARKER}\none\n")
    assert "wrong-token" not in str(refused.value)


def test_what_the_forge_finds_too_long_is_told_in_its_words(state: State) -> None:
    with pytest.raises(ApiRefused, match=r"422 Validation Failed .*maximum is 65536 characters"):
        on_pull(github(state), 7, MARKER + "\n" + "x" * 65_536)


def test_the_token_does_not_follow_to_another_server(state: State) -> None:
    with forge() as other:
        state.elsewhere = f"{other.url}/repos/lab/infra/issues/7/comments"
        with pytest.raises(ApiRefused, match="301"):
            on_pull(github(state), 7, f"{MARKER}\none\n")
        assert other.asked == []


def test_a_token_is_not_sent_without_tls() -> None:
    with pytest.raises(FairleadError, match="https://"):
        Api("http://api.github.com", {})


def test_a_server_that_is_not_there_is_an_error_with_its_reason() -> None:
    with forge() as gone:
        api = Api(gone.url, {})
    with pytest.raises(ApiRefused, match="Connection refused") as refused:
        api.call("GET", "/user")
    assert refused.value.code == 0


def test_an_issue_is_opened_edited_and_closed(state: State) -> None:
    drift = "<!-- fairlead-comment:drift -->"
    assert on_issue(github(state), "Drift", f"{drift}\none\n").what == "created"
    assert on_issue(github(state), "Drift", f"{drift}\none\n").what == "unchanged"
    assert on_issue(github(state), "Drift", f"{drift}\ntwo\n").what == "edited"
    assert [one["body"] for one in state.issues] == [f"{drift}\ntwo\n"]
    done = close(github(state), drift)
    assert done
    assert done.what == "closed"
    assert state.issues[0]["state"] == "closed"
    assert close(github(state), drift) is None
    assert on_issue(github(state), "Drift", f"{drift}\nthree\n").what == "created"


def test_a_pull_request_is_no_issue_of_ours(state: State) -> None:
    on_issue(github(state), "Drift", f"{MARKER}\none\n")
    state.issues[0]["pull_request"] = {}
    assert on_issue(github(state), "Drift", f"{MARKER}\ntwo\n").what == "created"


def test_gitlabs_note_is_edited_in_place_and_others_stay(state: State) -> None:
    state.add(f"{MARKER}\nnot ours\n", "somebody")
    state.pulls.append(pull(7, state="opened"))
    assert gitlab(state).pull(SHA, number=7) == 7
    assert gitlab(state).pull("b" * 40, number=7) is None
    assert on_pull(gitlab(state), 7, f"{MARKER}\none\n").what == "created"
    assert on_pull(gitlab(state), 7, f"{MARKER}\ntwo\n").what == "edited"
    assert on_pull(gitlab(state), 7, f"{MARKER}\ntwo\n").what == "unchanged"
    assert [one["body"] for one in state.comments] == [f"{MARKER}\nnot ours\n", f"{MARKER}\ntwo\n"]


def test_gitlabs_issue_is_opened_edited_and_closed(state: State) -> None:
    drift = "<!-- fairlead-comment:drift -->"
    assert on_issue(gitlab(state), "Drift", f"{drift}\none\n").what == "created"
    assert on_issue(gitlab(state), "Drift", f"{drift}\ntwo\n").what == "edited"
    assert state.issues[0]["description"] == f"{drift}\ntwo\n"
    assert close(gitlab(state), drift)
    assert state.issues[0]["state"] == "closed"


def test_gitlab_wants_a_number(state: State) -> None:
    with pytest.raises(FairleadError, match="--pull"):
        gitlab(state).pull(SHA, head="somebody:fix")
