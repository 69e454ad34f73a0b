"""Metrics of the adapters. The only package that imports Prometheus's client."""
