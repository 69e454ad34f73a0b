"""HTTP that comes in: the vendor's callbacks and the operator's questions, over aiohttp.web.

Promises that a callback is only a hint: nothing in its body is believed before the vendor was
asked with our own key. Imports the services and the ports only.
"""
