"""Executes the shape annotations of the package while the tests run; `pyproject.toml` names it to pytest.

Only arrays are checked: a test that hands over a wrong number or string on purpose is to meet the
package's own message, not beartype's. A test that hands over a wrong array on purpose calls
`inspect.unwrap(function)`.
"""

import functools
import re
import sys

from beartype import BeartypeConf, beartype

ARRAY = re.compile(r"\b(Float|Float32|Int|Int64|Int16|UInt8|Bool|Num|Shaped)\[")
CONF = BeartypeConf(is_pep484_tower=True)  # a shape may be given with an int where a float is meant


def check_shapes(function):
    """The function, refusing arrays of another dtype or shape than its annotations say."""
    if not hasattr(function, "__annotations__"):
        return function
    function.__annotations__ = {
        name: annotation
        for name, annotation in function.__annotations__.items()
        if ARRAY.search(annotation if isinstance(annotation, str) else repr(annotation))
    }
    checked = beartype(conf=CONF)(function)

    @functools.wraps(function)
    def call(*args, **kwargs):
        return (function if _is_tracing() else checked)(*args, **kwargs)

    return call


def _is_tracing() -> bool:
    """While torch traces a network, the size of a tensor is a tensor itself and cannot be compared."""
    return "torch" in sys.modules and sys.modules["torch"].jit.is_tracing()
