"""The command line: `parser` has `main` and the options, a module per command runs it, `output` writes results."""
