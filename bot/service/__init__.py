"""The verbs: what happens to an order, step by step, over the ports that ``ports`` names.

Knows no Discord, no HTTP and no SQL. Imports the domain and its own modules only. Each docstring
says what holds when the step fails.
"""
