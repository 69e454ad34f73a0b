"""Local servers that imitate Discord and the vendor, and a chat page for both.

They speak the real protocols, so that the unmodified bot runs against them: in acceptance tests,
and in `python -m sandbox`, which needs no account, no key and no money.

May import the standard library, aiohttp and Pillow; never the bot.
"""
