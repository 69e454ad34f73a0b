"""The vendor: Pixazo's gateway to AuraFlow v0.3, and the origin that its pictures lie on.

Promises that a submit is sent once and never again, that the key goes to the gateway alone, and
that every failure is an error of ``bot.service.port_errors``. Imports the domain and the ports.
"""
