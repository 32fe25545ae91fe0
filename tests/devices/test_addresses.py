"""Addresses read and written, options checked with the nearest name."""

import pickle

import pytest
from hypothesis import given, strategies as st

from ktpel_capture.devices.addresses import Address
from ktpel_capture.errors import AddressError, DeviceError

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
addresses = st.builds(
    Address, st.from_regex(r"[a-z][a-z0-9+.-]{0,8}", fullmatch=True), words, st.dictionaries(words, words, max_size=4)
)


@given(addresses)
def test_what_is_written_reads_back_the_same(address):
    assert Address.parse(str(address)) == address
    assert pickle.loads(pickle.dumps(address)) == address


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_a_clear_error(text):
    try:
        Address.parse(text)
    except AddressError as error:
        assert text in error.reason or text in str(error)


@pytest.mark.parametrize("text", ["", "fingerprint", "Sim:x", "1sim:x", "sim:iris?seed", "sim:iris?seed=1&seed=2"])
def test_a_text_that_is_no_address_is_refused(text):
    with pytest.raises(ValueError):
        Address.parse(text)
    with pytest.raises(DeviceError):
        Address.parse(text)


def test_an_unknown_key_is_refused_with_the_nearest():
    with pytest.raises(AddressError, match='did you mean "seed"') as caught:
        Address.parse("sim:iris?sead=1").allow("seed", "scene")
    assert caught.value.nearest == "seed"


@pytest.mark.parametrize("value", ["x", "nan", "inf", "-1", "1e9", ""])
def test_a_number_out_of_range_is_refused(value):
    with pytest.raises(AddressError, match="rate must be a number"):
        Address.parse(f"sim:iris?rate={value}").number("rate", 15, 0, 240)


@pytest.mark.parametrize("value", ["x", "1.5", "-1", "²", "1_0", "99999999999999999999"])
def test_a_whole_number_is_digits(value):
    with pytest.raises(AddressError, match="whole number"):
        Address.parse(f"sim:iris?seed={value}").whole("seed", 0)
