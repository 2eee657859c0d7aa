"""What Dagster loads and the other ways in: components, jobs, sensors, the command line."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("settlement-connector")
except PackageNotFoundError:  # a folder that was never installed
    __version__ = "0.0.0"
