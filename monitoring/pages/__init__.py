"""The review pages: the monitor's figures and verdicts, for people.

The models of the pages, their HTML and their routes belong here. A model is made from windows, cohorts and verdicts
alone. Judging and the store do not belong here. A page is complete when it is sent: it has no script and loads nothing
from another site. It is light or dark, as its reader prefers.
"""
