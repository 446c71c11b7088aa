"""`make chaos`: real processes, everything failing, and a reckoning at the end. `__main__` tells more."""
