"""The leaderboard as a value: absolute totals, so that deltas may arrive late, twice or in any order.

Order: score descending, then total time of correct answers ascending. Equal scores share a rank:
rank = 1 + number of higher scores (1-2-2-4).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

__all__ = ["Entry", "Leaderboard"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One participant's totals as of leaderboard `version`."""

    participant_id: str
    nickname: str
    score: int
    time_ms: int
    version: int
    named: int = 0  # version that brought the nickname: it may be told later than totals that are newer


@dataclass(slots=True)
class Leaderboard:
    """All entries of one session on one node, and what changed since the last `take_changes`.

    `version` is contiguous: every delta up to it has been seen. `ahead` holds the versions seen
    beyond a gap; a gap that stays means that a delta was lost and the board must be loaded afresh.
    """

    epoch: str
    version: int = 0
    entries: dict[str, Entry] = field(default_factory=dict)
    ahead: set[int] = field(default_factory=set)
    _scores: list[int] = field(default_factory=list)  # of all entries, ascending
    _changed: dict[str, None] = field(default_factory=dict)  # in order
    _removed: set[str] = field(default_factory=set)  # for good: a delta from before may still be on its way

    @classmethod
    def load(cls, epoch: str, version: int, rows: Iterable[tuple[str, str, int, int]]) -> Leaderboard:
        """A board of `(participant_id, nickname, score, time_ms)` rows, all as of `version`."""
        board = cls(epoch, version)
        for participant_id, nickname, score, time_ms in rows:
            board.entries[participant_id] = Entry(participant_id, nickname, score, time_ms, version, version)
        board._scores = sorted(entry.score for entry in board.entries.values())
        return board

    def put(self, participant_id: str, nickname: str | None, score: int, time_ms: int, version: int) -> None:
        """Apply one absolute total; older than what is known changes nothing.

        Without a nickname an unknown participant is left out: its joining delta is a gap that will be noticed.
        """
        known = self.entries.get(participant_id)
        if known is None:
            if nickname is None or participant_id in self._removed:
                return
            named = version
        else:
            if nickname is not None:
                self.rename(participant_id, nickname, version)
                known = self.entries[participant_id]
            if known.version > version or (known.score, known.time_ms) == (score, time_ms):
                return
            nickname, named = known.nickname, known.named
            self._forget_score(known.score)
        self.entries[participant_id] = Entry(participant_id, nickname, score, time_ms, version, named)
        insort(self._scores, score)
        self._changed[participant_id] = None

    def rename(self, participant_id: str, nickname: str, version: int) -> bool:
        """Change the nickname and nothing else, unless a later one is known; True when it is another one now."""
        known = self.entries.get(participant_id)
        if known is None or known.named > version:
            return False
        self.entries[participant_id] = replace(known, nickname=nickname, named=version)
        if known.nickname == nickname:
            return False
        self._changed[participant_id] = None
        return True

    def saw(self, version: int) -> None:
        """Note that the delta of `version` was applied."""
        if version > self.version:
            self.ahead.add(version)
        while self.version + 1 in self.ahead:
            self.version += 1
            self.ahead.discard(self.version)

    def absorb(self, older: Leaderboard) -> None:
        """Take over what another board of the same epoch has seen and this one, loaded meanwhile, has not."""
        for entry in older.entries.values():
            if (
                entry.version > self.version
            ):  # all else is here already, or was removed, or was withheld there
                self.put(entry.participant_id, entry.nickname, entry.score, entry.time_ms, entry.version)
            if entry.named > self.version:
                self.rename(entry.participant_id, entry.nickname, entry.named)
        self._removed |= older._removed
        self.version = max(self.version, older.version)
        self.ahead = {version for version in self.ahead | older.ahead if version > self.version}
        self.saw(self.version)

    def remove(self, participant_id: str) -> bool:
        """Take somebody off the board, for good; True when they were on it."""
        self._removed.add(participant_id)
        entry = self.entries.pop(participant_id, None)
        if entry is None:
            return False
        self._forget_score(entry.score)
        self._changed.pop(participant_id, None)
        return True

    def has_removed(self, participant_id: str) -> bool:
        """Whether somebody was taken off the board, as far as is known here."""
        return participant_id in self._removed

    @property
    def has_gap(self) -> bool:
        """True while a delta before the newest one is missing."""
        return bool(self.ahead)

    def take_changes(self) -> list[Entry]:
        """Entries that changed since the last call, in the order in which they did: newcomers as they came."""
        changed = [self.entries[participant_id] for participant_id in self._changed]
        self._changed.clear()
        return changed

    @property
    def has_changes(self) -> bool:
        """True when `take_changes` would return something."""
        return bool(self._changed)

    def rank_of_score(self, score: int) -> int:
        """Rank that `score` has or would have."""
        return 1 + len(self._scores) - bisect_right(self._scores, score)

    def ordered(self) -> list[Entry]:
        """All entries, best first; ties in score and time by participant id, so that every node agrees."""
        return sorted(self.entries.values(), key=lambda e: (-e.score, e.time_ms, e.participant_id))

    def ranked(self) -> list[tuple[int, Entry]]:
        """`(rank, entry)`, best first."""
        ranked: list[tuple[int, Entry]] = []
        rank = 0
        for position, entry in enumerate(self.ordered(), start=1):
            if not ranked or ranked[-1][1].score != entry.score:
                rank = position
            ranked.append((rank, entry))
        return ranked

    def _forget_score(self, score: int) -> None:
        del self._scores[bisect_left(self._scores, score)]
