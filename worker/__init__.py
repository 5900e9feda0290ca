"""Queue in, side effects out: takes a run's id and does what its app's steps say."""
