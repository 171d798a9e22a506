"""Numbers as people read them."""


def duration(seconds: float) -> str:
    """A time such as ``0.4 s``, ``3 min 20 s`` or ``2 h 5 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"


def size(count: float) -> str:
    """Bytes such as ``2.1 MB``, in powers of ten."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def percent(fraction: float) -> str:
    """A fraction as a percentage with two decimals, and more where it is close to 100."""
    if 0.9995 <= fraction < 1:
        return f"{100 * fraction:.4f} %"
    return f"{100 * fraction:.2f} %"
