"""Ports: what the services need of the store, the vendor and Discord, as protocols.

The adapters in ``bot.store``, ``bot.pixazo`` and ``bot.ui`` implement them. A port lies beside the
values that cross it. ``bot.service.port_errors`` has what they raise.
"""
