// The leaderboard as the server tells it: whole, or what changed.

/** Entries by participant, with the order worked out when somebody looks. */
export class Board {
  constructor() {
    this.epoch = null;
    this.version = -1;
    this.entries = new Map();
    this.order = null;
  }

  /** Take a whole board or a delta in. False when something is missing: ask for a snapshot. */
  apply(message) {
    if (message.full) {
      this.entries = new Map();
    } else if (message.epoch !== this.epoch || message.base > this.version) {
      return false;
    }
    this.epoch = message.epoch;
    this.version = Math.max(message.version, message.full ? 0 : this.version);
    for (const [id, nickname, score, timeMs] of message.entries) {
      this.entries.set(id, { id, nickname, score, timeMs });
    }
    this.order = null;
    return true;
  }

  /** All entries, best first, each with its place in the list and its rank: one more than the number of higher scores. */
  ranked() {
    if (this.order === null) {
      const sorted = [...this.entries.values()].sort((a, b) => b.score - a.score || a.timeMs - b.timeMs);
      let rank = 0;
      this.order = sorted.map((entry, index) => {
        if (index === 0 || entry.score < sorted[index - 1].score) rank = index + 1;
        return { ...entry, rank, place: index };
      });
    }
    return this.order;
  }

  /** The entry of a participant with its rank, or null. */
  find(id) {
    return this.ranked().find((entry) => entry.id === id) ?? null;
  }
}
