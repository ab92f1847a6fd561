"""What rendering costs, as ratios that survive other machines: ``python -m tests.benchmarks``."""
