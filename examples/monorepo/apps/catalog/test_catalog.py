from catalog import Catalog


def test_answers_gets():
    assert callable(Catalog.do_GET)
