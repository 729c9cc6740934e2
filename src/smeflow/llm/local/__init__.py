"""The model that smeflow fetches and runs on this machine."""
