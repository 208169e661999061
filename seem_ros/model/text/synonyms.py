"""Names that mean one thing: a vocabulary that was merged from several data sets has many."""

from __future__ import annotations

from functools import cache

# The plain English name first; the names of its kinds and its other spellings after it.
_SAME = (
    "person, man, woman, boy, girl, adult, older adult, pedestrian, bicyclist, skier, "
    "snowboarder, surfer, swimmer, runner, construction worker, people hugging, bride with veil",
    "car, automobile, oncoming automobile, taxi, oncoming taxi",
    "bus, oncoming bus, minibus, trolleybus",
    "train, metro, railway car, high-speed train with bullet nose, light rail, steam locomotive",
    "tram, tram car",
    "airplane, aeroplane, small airplane, airplane arriving, airplane departure",
    "motorcycle, motorbike, racing motorcycle",
    "boat, rowboat, sailboat, speedboat, canoe",
    "ship, passenger ship, ferry",
    "traffic light, horizontal traffic light, vertical traffic light",
    "couch, sofa, corner sofa, sofa bed, couch and lamp",
    "chair, folding chair, bar chair, ryokan chair",
    "bed, captain's bed, iron bed, day bed, hospital bed, child bed",
    "dining table, diningtable, table, table with tablecloth, folding table, glass table, "
    "table on trestles",
    "potted plant, pottedplant, succulent plant, bonsai tree",
    "tv, television, tvmonitor",
    "cell phone, mobile phone, mobile phone off, phone",
    "remote, remote control",
    "mouse, computer mouse",
    "headphones, headphone",
    "toilet, water closet",
    "bathtub, bath, corner bathtub",
    "sink, washbasin, basin",
    "oven, double oven",
    "coffee maker, coffee machine",
    "handbag, purse",
    "suitcase, luggage, left luggage",
    "umbrella, closed umbrella, umbrella on ground, umbrella with rain drops",
    "tie, necktie",
    "eyeglasses, glasses",
    "gloves, glove",
    "socks, sock",
    "high heels, high-heeled shoe",
    "frisbee, flying disc",
    "sports ball, ball, soccer ball",
    "skis, ski and ski boot",
    "cup, coffee cup, hot beverage",
    "bottle, water bottle, wine bottle, beer bottle",
    "bowl, bowl with spoon, steaming bowl",
    "pot, pot of food",
    "frying pan, pan, shallow pan of food",
    "knife, kitchen knife",
    "fork, fork and knife, fork and knife with plate",
    "pizza, slice of pizza",
    "donut, doughnut",
    "apple, red apple, green apple",
    "cow, ox",
    "sheep, ram",
    "dog, poodle",
    "book, books, closed book, open book, blue book, green book, orange book",
    "watch, wristwatch",
    "trash can, wastebasket",
    "filing cabinet, file cabinet",
    "picture frame, frame with picture",
    "gift box, wrapped present",
    "ruler, straight ruler",
    "musical keyboard, piano keyboard",
    "lock, open lock",
    "cardboard box, open cardboard box",
    "microphone, studio microphone",
)


@cache
def _plain_names() -> dict[str, str]:
    groups = [names.split(", ") for names in _SAME]
    return {name: names[0] for names in groups for name in names}


def plain_name(name: str) -> str:
    """Return the plain English name of a thing: ``tv`` of ``tvmonitor``; else the name itself."""
    return _plain_names().get(name, name)
