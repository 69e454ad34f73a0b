"""The rules, pure: no await, no clock, no I/O, no Discord.

Time and identifiers come in as arguments; a transition returns a new value. Imports only the
standard library and itself. Times are Unix seconds in UTC, as floats.
"""
