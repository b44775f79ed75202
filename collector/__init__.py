"""The collector in the regional centre. START READING at `pipeline.py`."""
