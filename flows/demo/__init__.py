"""The demo: a lender's life in some minutes, told step by step, each step proving what it says.

Here belong the story, its worlds' part in it and who plays the applicants. What the platform does in it is done by the
functions behind the commands; nothing is arranged but the lender, the clients and the passing of time.
"""
