"""What words may say.

Facts and reports as data, what prose may refer to, the checks of prose against facts and sources, and the
templates of what a firm writes.
"""
