"""Codes: what is shown can be read back however it was written down, and slips are noticed."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from plugins.residents.rules import check_fits, code_from, grouped, phone_of, read_code
from plugins.residents.rules.codes import ALPHABET, LENGTH, RANDOM_BITS

numbers = some.integers(min_value=0, max_value=2**RANDOM_BITS - 1)
places = some.integers(min_value=0, max_value=LENGTH - 1)


@given(numbers)
def test_a_code_reads_back_as_it_was_given(number: int) -> None:
    code = code_from(number)
    assert len(code) == LENGTH
    assert set(code) <= set(ALPHABET)
    assert check_fits(code)
    for written in (grouped(code), f" {code.lower()} ", code.replace("0", "o").replace("1", "l")):
        assert read_code(written) == code


@given(numbers, numbers)
def test_different_numbers_have_different_codes(one: int, other: int) -> None:
    assert (code_from(one) == code_from(other)) == (one == other)


@given(numbers, places, some.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(number: int, place: int, sign: str) -> None:
    code = code_from(number)
    assume(code[place] != sign)
    assert not check_fits(code[:place] + sign + code[place + 1 :])


@given(numbers, places, places)
def test_two_characters_that_changed_places_are_noticed(number: int, one: int, other: int) -> None:
    code = list(code_from(number))
    assume(code[one] != code[other])
    code[one], code[other] = code[other], code[one]
    assert not check_fits("".join(code))


@given(some.text(max_size=80))
def test_nothing_that_is_typed_breaks_the_reading(text: str) -> None:
    code = read_code(text)
    assert code == "" or len(code) == LENGTH
    assert not code or set(code) <= set(ALPHABET)


@pytest.mark.parametrize("text", ["", "0", "U" * 12, "０" * 11, "中" * 12, "0" * 13])
def test_what_is_no_code_is_none(text: str) -> None:
    assert not check_fits(read_code(text))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("138 0013 8000", "13800138000"),
        ("(0571) 8888-8888", "057188888888"),
        ("+86 13800138000", "+8613800138000"),
        ("我的电话", ""),
        ("123", ""),
        ("1" * 16, ""),
    ],
)
def test_a_telephone_number_is_read_however_it_is_written(written: str, read: str) -> None:
    assert phone_of(written) == read
