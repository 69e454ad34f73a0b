"""Tools of development: neither the bot nor the sandbox imports them."""
