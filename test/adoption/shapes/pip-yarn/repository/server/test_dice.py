from dice import roll


def test_is_between_one_and_the_number_of_sides():
    assert {roll(2) for _ in range(100)} == {1, 2}
