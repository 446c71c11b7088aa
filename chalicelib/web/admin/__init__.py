"""The admin site: what a person at the desk sees. Only the admin function loads it."""
