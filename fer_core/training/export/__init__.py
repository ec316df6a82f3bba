"""A trained network -> TFLite candidates -> the bundle that ships."""
