"""What Porchlight costs, measured beside what everybody builds: see docs/performance.md."""
