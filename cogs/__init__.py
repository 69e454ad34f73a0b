"""The commands. Each translates what Discord sent, calls a service and answers; nothing more.

Cogs are loaded by name, import what they like of ``bot`` and never one another.
"""
