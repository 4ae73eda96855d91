"""A first definition of a lender's table: reading the file as people have it, guessing, and writing both down.

Whatever is guessed here stands in the definition, marked as a guess. Training and serving read the definition alone.
"""

from training.drafts.draft import Draft, draft
from training.drafts.guess import Guess
from training.drafts.writing import write

__all__ = ["Draft", "Guess", "draft", "write"]
