"""Labelling pictures by the million: rows in Parquet parts, a job that can be stopped and run again."""
