"""Entity tags of quizzes: `"<revision>-<digest of the reply>"`.

A changed picture or status changes the digest, so that nobody keeps an old reply. If-Match compares the revision alone:
it protects what authors write, and starting a session is no reason to refuse what somebody is writing.
"""

from __future__ import annotations

import re
from hashlib import sha256

import msgspec
from quart import Response, request

from web.problems import Problem

__all__ = ["MadeTagHeaders", "MatchHeaders", "NoneMatchHeaders", "TagHeaders", "revisions_wanted", "tagged"]

_REVISION = re.compile(r"[0-9]{1,10}")


class MatchHeaders(msgspec.Struct, frozen=True):
    """The `ETag` of the quiz that was read: when somebody has changed it since, the request is refused with 412."""

    if_match: str | None = None


class NoneMatchHeaders(msgspec.Struct, frozen=True):
    """The `ETag` of the reply that is there already: when nothing has changed, 304 and no content."""

    if_none_match: str | None = None


class TagHeaders(msgspec.Struct, frozen=True):
    """What `If-Match` and `If-None-Match` name."""

    etag: str
    vary: str


class MadeTagHeaders(TagHeaders, frozen=True):
    """The same of something new, and where it is."""

    location: str


def tagged(body: msgspec.Struct, revision: int, status: int = 200, **headers: str) -> Response:
    """`body` with its ETag; 304 without it when a GET says by If-None-Match that it is known."""
    content = msgspec.json.encode(body)
    tag = f"{revision}-{sha256(content).hexdigest()[:16]}"
    found = {"ETag": f'"{tag}"', "Vary": "Authorization"}
    if request.method in ("GET", "HEAD") and request.if_none_match.contains_weak(tag):
        return Response(b"", 304, found)
    return Response(content, status, {"Content-Type": "application/json"} | headers | found)


def revisions_wanted() -> frozenset[int] | None:
    """The revisions that If-Match allows, or None for any. Raises Problem 412 for one that was never ours."""
    if "If-Match" not in request.headers:
        return None
    tags = request.if_match
    if tags.star_tag:
        return None
    # Weak ones too: a proxy that compresses weakens them.
    numbers = [tag.partition("-")[0] for tag in tags.as_set(include_weak=True)]
    revisions = frozenset(int(number) for number in numbers if _REVISION.fullmatch(number))
    if not revisions:
        raise Problem(
            412,
            "precondition_failed",
            "Send the ETag of the quiz in If-Match: load it again, then repeat your change.",
        )
    return revisions
