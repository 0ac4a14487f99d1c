"""The language and the wire: subjects, messages, the leaderboard value, and Dramatiq on JetStream."""
