"""The application as it is served: routes, ASGI, server, command line, the file that keeps its state."""
