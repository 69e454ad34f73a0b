"""Imagine: a Discord bot that communities trust with a paid image generator.

``domain`` knows the rules, ``service`` carries an order through them over the ports it names,
``pixazo``, ``store``, ``ui`` and ``web`` are the adapters behind those ports, and ``app``
introduces them to each other. Arrows point inward; a contract in ``pyproject.toml`` holds them.
"""

from typing import Final

__version__: Final = "0.1.0"
