"""All that is known of reports.

Their facts, their prose and its patterns, the steps that write them, and their sources and sinks.
"""
