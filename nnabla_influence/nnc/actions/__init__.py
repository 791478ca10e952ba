"""What a click does: one module for each plugin, named as the plugin, with ``run(fields, console)``."""
