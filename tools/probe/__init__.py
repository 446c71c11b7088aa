"""`make probe`: a look at a running site from outside, by GET alone."""
