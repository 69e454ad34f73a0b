"""Adapter for the vendor: Pixazo's gateway to AuraFlow v0.3, and the origins of its pictures.

Guarantees: a submit is sent once and never retried; the key is sent to the gateway only; every
failure is an error of ``bot.service.port_errors``. Imports the domain and the ports.
"""
