"""What any room may need: files and processes."""
