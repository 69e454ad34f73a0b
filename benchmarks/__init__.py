"""The measurements that docs/operators.md quotes: a real bot process between the stand-ins.

They tell of this machine on this day; compare runs, not single figures.
"""
