"""What users feel, timed: `run` calls a module per topic, each gives rows of `timing`."""
