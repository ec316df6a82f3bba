"""Pictures by the million -> rows in Parquet parts, by a job that can be stopped and run again."""
