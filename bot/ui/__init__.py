"""Discord's face without commands: cards, the ways they reach members, and every word on them.

Promises that only the newest state of a card is shown, and that what was written by a person
neither pings nor formats. Imports the domain and the ports only.
"""
