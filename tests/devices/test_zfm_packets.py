"""Bytes and values of the ZhianTec protocol."""

import struct

import numpy as np
import pytest
from hypothesis import given, strategies as st

from ktpel_capture.devices.drivers.zfm.packets import (
    BAUD_RATES,
    HEADER,
    IMAGE_SIZES,
    PACKET_SIZES,
    Garbage,
    Instruction,
    Packet,
    PacketType,
    Parameters,
    Product,
    Receiver,
    command,
    data_packets,
    image_size,
    joined,
    pack_image,
    unpack_image,
)

packets = st.builds(Packet, st.sampled_from(PacketType), st.binary(max_size=256), st.integers(0, 2**32 - 1))


@given(st.lists(packets, max_size=6), st.data())
def test_packets_survive_however_the_line_cuts_them(sent, data):
    stream = b"".join(packet.encode() for packet in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    receiver = Receiver()
    received = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received.extend(receiver.feed(stream[start:end]))
    assert received == sent
    assert receiver.waiting == 0


@given(st.binary(max_size=60).filter(lambda noise: 0xEF not in noise), packets)
def test_noise_before_a_packet_is_passed_over(noise, packet):
    assert list(Receiver().feed(noise + packet.encode())) == [packet]


@given(packets, st.data())
def test_one_turned_bit_in_the_body_is_never_taken_for_a_packet(packet, data):
    stream = bytearray(packet.encode())
    at = data.draw(st.integers(6, len(stream) - 1))
    stream[at] ^= 1 << data.draw(st.integers(0, 7))
    received = list(Receiver().feed(bytes(stream)))
    assert packet not in received
    assert not any(isinstance(item, Packet) and item.payload == packet.payload for item in received)


@given(st.binary(max_size=600))
def test_any_bytes_are_survived_and_never_kept_for_ever(content):
    receiver = Receiver()
    for item in receiver.feed(content):
        assert isinstance(item, Packet | Garbage)
    assert receiver.waiting <= 9 + 258


@given(packets, packets)
def test_after_a_damaged_packet_the_next_is_found(first, second):
    damaged = bytearray(first.encode())
    damaged[-1] ^= 0xFF
    # a damaged packet whose own payload holds a header may swallow what follows: that is the format's limit
    if HEADER in bytes(damaged[2:]):
        return
    received = list(Receiver().feed(bytes(damaged) + second.encode()))
    assert isinstance(received[0], Garbage)
    assert received[-1] == second


def test_the_manuals_own_bytes():
    assert command(Instruction.COLLECT).hex(" ") == "ef 01 ff ff ff ff 01 00 03 01 00 05"
    assert command(Instruction.UPLOAD_IMAGE).hex(" ") == "ef 01 ff ff ff ff 01 00 03 0a 00 0e"
    assert command(Instruction.COUNT).hex(" ") == "ef 01 ff ff ff ff 01 00 03 1d 00 21"
    assert command(Instruction.VERIFY_PASSWORD, bytes(4)).hex(" ") == "ef 01 ff ff ff ff 01 00 07 13 00 00 00 00 00 1b"


@given(st.binary(max_size=2000), st.sampled_from(PACKET_SIZES))
def test_data_packets_hold_the_content_and_end_once(content, size):
    received = list(Receiver().feed(b"".join(data_packets(content, size))))
    assert joined(received) == content
    assert [packet.type for packet in received[:-1]] == [PacketType.DATA] * (len(received) - 1)
    assert received[-1].type is PacketType.END
    assert all(len(packet.payload) == size for packet in received[:-1])


@given(
    st.builds(
        Parameters,
        st.integers(0, 0xFFFF),
        st.integers(0, 0xFFFF),
        st.integers(0, 0xFFFF),
        st.integers(0, 0xFFFF),
        st.integers(0, 2**32 - 1),
        st.sampled_from(PACKET_SIZES),
        st.sampled_from(BAUD_RATES),
    )
)
def test_parameters_read_back(parameters):
    assert Parameters.decode(parameters.encode()) == parameters


@given(st.binary(max_size=50))
def test_any_bytes_are_parameters_and_product_or_a_clear_error(content):
    for kind in (Parameters, Product):
        try:
            kind.decode(content)
        except ValueError as error:
            assert "bytes, not" in str(error) or "do not exist" in str(error)


def test_product_information_reads_back():
    product = Product("R503", "A1", "12345678", (1, 2), "FPC1011", 192, 192, 1536, 200)
    assert Product.decode(product.encode()) == product


@pytest.mark.parametrize("size", IMAGE_SIZES)
def test_an_image_is_two_pixels_a_byte_high_nibble_first(size):
    width, height = size
    content = bytearray(width * height // 2)
    content[0] = 0x1F
    content[width // 2] = 0xA0
    image = unpack_image(bytes(content))
    assert image.shape == (height, width)
    assert image[0, :2].tolist() == [17, 255]
    assert image[1, 0] == 170
    assert pack_image(image) == bytes(content)


@pytest.mark.parametrize("size", IMAGE_SIZES)
def test_packing_loses_no_more_than_half_a_level(size):
    image = np.random.default_rng(3).integers(0, 256, size[::-1], np.uint8)
    assert np.abs(unpack_image(pack_image(image)).astype(int) - image).max() <= 8


@given(st.integers(0, 200_000))
def test_an_image_of_any_other_length_is_no_image(length):
    if 2 * length in {width * height for width, height in IMAGE_SIZES}:
        return
    with pytest.raises(ValueError, match="no known sensor"):
        image_size(length)


def test_a_checksum_is_the_sum_of_type_length_and_payload():
    packet = Packet(PacketType.DATA, bytes([0xFF] * 256)).encode()
    assert struct.unpack(">H", packet[-2:])[0] == (2 + 1 + 2 + 256 * 255) & 0xFFFF
