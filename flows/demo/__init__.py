"""The demo: a lender's life in some minutes, as a story of steps; each step checks its result.

The story, its scenarios and the simulated applicants belong here. The platform's part is done by the functions behind
the commands. Only the lender, the clients and the passing of time are simulated.
"""
