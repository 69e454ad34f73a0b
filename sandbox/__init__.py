"""Stand-ins of Discord and of the vendor, and a chat page over both.

They speak the real protocols on local ports, so that the unmodified bot runs
against them: in acceptance tests, and in `python -m sandbox`, where anybody may
order a picture without an account, a key or a cent.

May import the standard library, aiohttp and Pillow; never the bot.
"""
