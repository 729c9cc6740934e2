"""From YAML to something that runs.

A recipe's keys and settings, its checks with every problem at its place, and the workspace around it.
"""
