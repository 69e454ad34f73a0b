"""Measures what the adapters do: the only place that knows Prometheus."""
