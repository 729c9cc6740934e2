"""Where a source of your own finds its names until the next release: they moved to `smeflow.kinds`."""

from smeflow._doors import moved

moved("smeflow.sources.base", "smeflow.kinds")
