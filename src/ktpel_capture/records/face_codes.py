"""Codes of ISO/IEC 19794-5:2005 and :2011."""

from __future__ import annotations

from ktpel_capture.records.codes import CodeTable

GENDER = CodeTable("gender", {0: "unspecified", 1: "male", 2: "female", 0xFF: "unknown"})
EYE_COLOUR = CodeTable(
    "eye colour",
    {
        0: "unspecified",
        1: "black",
        2: "blue",
        3: "brown",
        4: "grey",
        5: "green",
        6: "multi_coloured",
        7: "pink",
        0xFF: "unknown",
    },
)
HAIR_COLOUR = CodeTable(
    "hair colour",
    {
        0: "unspecified",
        1: "bald",
        2: "black",
        3: "blonde",
        4: "brown",
        5: "grey",
        6: "white",
        7: "red",
        0xFF: "unknown",
    },
)
EXPRESSION = CodeTable(
    "expression",
    {
        0: "unspecified",
        1: "neutral",
        2: "smile",
        3: "raised_eyebrows",
        4: "eyes_looking_away",
        5: "squinting",
        6: "frowning",
    },
)
FACE_TYPE_2005 = CodeTable("face image type", {0: "basic", 1: "full_frontal", 2: "token_frontal"})
FACE_TYPE_2011 = CodeTable(
    "face image type",
    {
        0: "basic",
        1: "full_frontal",
        2: "token_frontal",
        3: "post_processed_frontal",
        0x80: "basic_3d",
        0x81: "full_frontal_3d",
        0x82: "token_frontal_3d",
    },
)
DATA_TYPE_2005 = CodeTable("image data type", {0: "jpeg", 1: "jpeg2000"})
DATA_TYPE_2011 = CodeTable("image data type", {0: "jpeg", 1: "jpeg2000_lossy", 2: "jpeg2000_lossless", 3: "png"})
COLOUR_SPACE = CodeTable(
    "image colour space",
    {
        0: "unspecified",
        1: "rgb_24_bit",
        2: "yuv_422",
        3: "grey_8_bit",
        4: "rgb_48_bit",
        5: "grey_16_bit",
        6: "other",
    },
)
SOURCE_TYPE = CodeTable(
    "source type",
    {
        0: "unspecified",
        1: "photograph_unknown",
        2: "photograph_digital_camera",
        3: "photograph_scanner",
        4: "video_unknown",
        5: "video_analogue_camera",
        6: "video_digital_camera",
        7: "unknown",
    },
)
PROPERTIES_SPECIFIED = 1
"""The bit of the property mask that says whether its other bits mean anything."""
PROPERTIES = (
    "specified",
    "glasses",
    "moustache",
    "beard",
    "teeth_visible",
    "blink",
    "mouth_open",
    "left_eye_patch",
    "right_eye_patch",
    "dark_glasses",
    "medical_condition",
)
"""Meaning of the property mask's bits, the lowest first."""


def properties_of(mask: int) -> tuple[str, ...]:
    """The names of a property mask's set bits."""
    return tuple(name for bit, name in enumerate(PROPERTIES) if mask >> bit & 1)
