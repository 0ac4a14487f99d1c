"""`scripts/bench`: our hot paths beside other ways to do the same, in the same run, round by round."""
