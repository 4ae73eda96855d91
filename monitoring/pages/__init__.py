"""The review pages: what the monitor knows and judged, for people.

Here belong the models of the pages, made of windows, cohorts and verdicts without asking anything else, their HTML, and
the routes that answer with it. Judging, and the store, do not. A page is whole as it is sent: no script, nothing from
another site, light or dark as its reader prefers.
"""
