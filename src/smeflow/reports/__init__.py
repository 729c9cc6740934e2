"""Reports: measures over tables, facts, the steps that write about them, and their sources and sinks."""
