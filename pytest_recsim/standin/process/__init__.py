"""The application as it is served: routes, connections, server, command line, the file that keeps its state."""
