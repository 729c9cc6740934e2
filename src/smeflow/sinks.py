"""Where a sink of your own finds its names until the next release: they moved to `smeflow.kinds`."""

from smeflow._doors import moved

moved("smeflow.sinks.base", "smeflow.kinds")
