"""The Discord adapter without commands: cards, their delivery, forms, and every text.

Promises that a card shows only the newest state, and that what a person wrote neither pings nor
formats. Imports the domain and the services' ports only.
"""
