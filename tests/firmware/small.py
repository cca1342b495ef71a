"""Whole numbers that refuse to leave the small integers of a 32-bit MicroPython, to run the firmware on."""

LEAST, MOST = -(1 << 30), (1 << 30) - 1


class Small(int):
    """An int whose every result must be a small integer, so that a chip would not have allocated it."""

    def __new__(cls, value):
        assert LEAST <= value <= MOST, f"{value} is no small integer"
        return super().__new__(cls, value)


def _checked(name):
    plain = getattr(int, name)

    def operate(self, *others):
        result = plain(self, *others)
        return Small(result) if type(result) is int else result

    return operate


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "floordiv", "rfloordiv", "mod", "rmod", "lshift",
              "rlshift", "rshift", "rrshift", "and", "rand", "or", "ror"):  # fmt: skip
    setattr(Small, f"__{_name}__", _checked(f"__{_name}__"))
for _name in ("neg", "abs"):
    setattr(Small, f"__{_name}__", _checked(f"__{_name}__"))


def shrink(thing, names):
    """Make the whole numbers of an object small ones, so that everything made from them is checked."""
    for name in names:
        value = getattr(thing, name)
        if type(value) is int:
            setattr(thing, name, Small(value))
