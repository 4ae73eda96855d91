from pathlib import Path

import numpy as np
from training.bundle import Bundle, History


def test_replays_as_it_was_trained(toy_bundle: Path) -> None:
    Bundle.open(toy_bundle).check_replay()


def test_contributions_sum_to_margins(toy_bundle: Path) -> None:
    bundle = Bundle.open(toy_bundle)
    rows, _ = bundle.replay()
    assert np.allclose(bundle.contributions(rows).sum(axis=1), bundle.score(rows).margin, atol=1e-5)


def test_history_finds_known_clients(toy_repository: Path) -> None:
    names = Bundle.open(toy_repository / "1").manifest.history
    history = History.open(History.path_for(toy_repository, names), names)
    assert history.find(100_003) == 1
    assert history.find(100_002) == -1
