import threading

from monitoring.intake.frames import parse


def test_forgetting_waits_for_a_batch(make_store, make_record, body):
    """A batch that is being stored when its client is forgotten leaves nothing behind."""
    one, other = make_store(), make_store()
    other.database.prepare()
    batch = parse(body(make_record(client=5)))
    forgetting = threading.Thread(target=other.forget, args=(5,))
    with one.database.writing() as connection:
        one._learn(connection, batch)
        one._add(connection, batch.records)
        forgetting.start()
        # Long enough for it to be through, if nothing held it up.
        forgetting.join(0.5)
    forgetting.join()
    assert one.status().stored == 0
    assert one.status().forgotten == 1
