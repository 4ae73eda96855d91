"""Two populations in one draw: labelled clients and held-out clients, who applied later and differ a little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.synthetic import marginals
from training.synthetic.columns import Booleans, Category, Floats
from training.synthetic.profile import profile

TABLES = ("application_train", "application_test")


@dataclass(frozen=True)
class Split:
    """A mask of the held-out clients [n]; columns are drawn from the distributions of each client's population."""

    held_out: Booleans

    def numbers(self, name: str, share: Floats) -> Floats:
        """A column of numbers from shares of the population."""
        train, test = (marginals.numeric(table, name).at(share) for table in TABLES)
        return np.asarray(np.where(self.held_out, test, train))

    def levels(self, name: str, share: Floats, first: tuple[str, ...] = (), last: tuple[str, ...] = ()) -> Category:
        """A column of categories from shares of the population; levels start with those of the labelled clients."""
        train = marginals.levels("application_train", name, first, last).at(share)
        published = profile()["tables"]["application_test"][name]["levels"]
        here = [tuple(level for level in side if level in published) for side in (first, last)]
        test = marginals.levels("application_test", name, *here).at(share)
        new = tuple(level for level in test.levels if level not in train.levels)
        names = train.levels + new
        recode = np.array([names.index(level) for level in test.levels])
        return Category(np.where(self.held_out, recode[test.codes], train.codes), names)

    def missing(self, name: str, share: Floats) -> Booleans:
        """A mask of the missing values of a column; a higher `share` means that less is known about the client."""
        rates = [profile()["tables"][table][name]["missing"] for table in TABLES]
        return np.asarray(share >= 1.0 - np.where(self.held_out, rates[1], rates[0]))

    def gaps(self, name: str, values: Floats, share: Floats) -> Floats:
        """The values, with NaN if the column is missing."""
        return np.where(self.missing(name, share), np.nan, values)

    def zero_shares(self, name: str) -> Floats:
        """For each client the share of zeros in the column of the client's population."""
        train, test = (profile()["tables"][table][name]["zero"] for table in TABLES)
        return np.asarray(np.where(self.held_out, test, train))

    def orders(self, name: str, first: tuple[str, ...], last: tuple[str, ...]) -> list[marginals.LevelMarginal]:
        """The category shares of both populations."""
        return [marginals.levels(table, name, first, last) for table in TABLES]
