"""The template that `chalice package` merges in, one module for each concern."""
