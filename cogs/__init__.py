"""The commands. Each method translates what Discord sent, calls a service, and answers.

``bot.client`` loads cogs by name. They may import anything of ``bot``, but never one another; what
several of them do is in ``_ordering``.
"""
