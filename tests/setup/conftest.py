"""What the tests of the set-up share."""

import pytest

from tests.setup.toy_house import ToyHouse


@pytest.fixture(scope="package")
def toy(tmp_path_factory: pytest.TempPathFactory) -> ToyHouse:
    """One toy house for all tests here, already installed once."""
    house = ToyHouse(tmp_path_factory.mktemp("setup") / "六 和")
    code, said = house.run("--port", "18765")
    assert code == 0, said
    return house
