"""Skeletons of whole pictures, a row of pixels a machine word wide: every pixel is one bit of a long integer.

One logical operation on two such integers does the work of a loop over all pixels, so a print is thinned in a
millisecond or two without compiled code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ktpel_capture.arrays import U8, Bool


@dataclass(frozen=True, slots=True)
class BitImage:
    """A binary picture as one integer: bit ``row * stride + column``, with a margin of empty bits around it."""

    bits: int
    height: int
    width: int

    @property
    def stride(self) -> int:
        return (self.width + 2 + 7) // 8 * 8


def pack(mask: Bool | U8) -> BitImage:
    """A (height, width) truth array as a `BitImage`."""
    image = BitImage(0, *mask.shape)
    padded = np.zeros((image.height + 2, image.stride), np.bool_)
    padded[1:-1, 1 : image.width + 1] = mask
    data = np.packbits(padded, bitorder="little").tobytes()
    return BitImage(int.from_bytes(data, "little"), image.height, image.width)


def unpack(image: BitImage) -> Bool:
    """The (height, width) truth array of a `BitImage`."""
    data = image.bits.to_bytes((image.height + 2) * image.stride // 8, "little")
    bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little").reshape(-1, image.stride)
    mask: Bool = bits[1:-1, 1 : image.width + 1].view(np.bool_)
    return mask


def neighbours(bits: int, stride: int) -> tuple[int, int, int, int, int, int, int, int]:
    """The eight neighbours of every pixel, clockwise from the one above."""
    north, south = bits << stride, bits >> stride
    return (north, north >> 1, bits >> 1, south >> 1, south, south << 1, bits << 1, north << 1)


def thin(image: BitImage) -> BitImage:
    """The skeleton: lines one pixel wide (8-connected) in the middle of what was there, with the same topology.

    Source: Z. Guo and R. W. Hall, Parallel thinning with two-subiteration algorithms, CACM 32 (1989), algorithm A1.
    """
    bits, stride = image.bits, image.stride
    changed = True
    while changed:
        changed = False
        for odd in (True, False):
            p2, p3, p4, p5, p6, p7, p8, p9 = neighbours(bits, stride)
            n2, n4, n6, n8 = p2 | p3, p4 | p5, p6 | p7, p8 | p9
            m2, m4, m6, m8 = p9 | p2, p3 | p4, p5 | p6, p7 | p8
            # crossings: pairs (empty edge neighbour, then something in the next two) around the pixel; exactly one
            c1, c2, c3, c4 = (p3 | p4) & ~p2, (p5 | p6) & ~p4, (p7 | p8) & ~p6, (p9 | p2) & ~p8
            once = (c1 ^ c2 ^ c3 ^ c4) & ~((c1 & c2 & (c3 | c4)) | (c3 & c4 & (c1 | c2)))
            # between two and three in the smaller of the two groupings into pairs
            low, high = _at_least_two(n2, n4, n6, n8), _at_least_two(m2, m4, m6, m8)
            all_n, all_m = n2 & n4 & n6 & n8, m2 & m4 & m6 & m8
            between = low & high & ~(all_n & all_m)
            side = (p2 | p3 | ~p5) & p4 if odd else (p6 | p7 | ~p9) & p8
            gone = bits & once & between & ~side
            if gone:
                bits ^= gone
                changed = True
    return BitImage(bits, image.height, image.width)


def _at_least_two(a: int, b: int, c: int, d: int) -> int:
    return (a & b) | (c & d) | ((a | b) & (c | d))


def crossing_masks(image: BitImage) -> tuple[BitImage, BitImage]:
    """Ends and branchings of a skeleton: its pixels with one line leaving, and with three or more.

    Lines leaving are the changes from empty to set around the pixel (the crossing number).
    """
    bits, stride = image.bits, image.stride
    around = neighbours(bits, stride)
    ones = twos = fours = 0
    for here, following in zip(around, (*around[1:], around[0])):
        rise = following & ~here
        carry = ones & rise
        ones ^= rise
        twos, fours = twos ^ carry, fours | (twos & carry)
    ends = bits & ones & ~twos & ~fours
    branchings = bits & ((ones & twos) | fours)
    return BitImage(ends, image.height, image.width), BitImage(branchings, image.height, image.width)


def _ends(bits: int, stride: int) -> int:
    """The pixels with exactly one line leaving, as `crossing_masks` finds them."""
    around = neighbours(bits, stride)
    one = more = 0
    for here, following in zip(around, (*around[1:], around[0])):
        rise = following & ~here
        more |= one & rise
        one |= rise
    return bits & one & ~more


def prune(image: BitImage, length: int) -> BitImage:
    """Cut off side branches up to ``length`` pixels; longer lines keep their full length."""
    bits, stride = image.bits, image.stride
    for _ in range(length):
        bits &= ~_ends(bits, stride)
    grown = _ends(bits, stride)
    for _ in range(length):
        reach = grown
        for neighbour in neighbours(grown, stride):
            reach |= neighbour
        grown = reach & image.bits & ~bits
        bits |= grown
        if not grown:
            break
    return BitImage(bits, image.height, image.width)
