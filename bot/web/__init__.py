"""Adapter for incoming HTTP, over aiohttp.web: the vendor's callbacks, health and metrics.

A callback is only a hint: the bot acts on the vendor's answer to a status call, not on the body
of a callback. Imports the services and the ports only.
"""
