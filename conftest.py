"""The project's own tests run the plugin in real subprocesses."""

pytest_plugins = ("pytester",)
