"""Scripts that a benchmark runs in processes of their own, by path: each prints one number, but for the empty page."""
