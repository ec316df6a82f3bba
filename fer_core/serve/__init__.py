"""The HTTP service: requests -> the same dicts that the app and the command line give.

`run` binds the address and starts processes -> `protocol` reads requests -> `app` routes them: `access` lets them in,
`intake` reads bodies, `pictures` and `videos` answer, `problems` says what was wrong -> `engine` keeps the queue, and
`batching` joins the faces of requests that arrive together. `openapi` and `page` describe it all, `metrics` counts.
"""
