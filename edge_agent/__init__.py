"""The agent on a field gateway. START READING at `pipeline.py`."""
