# SPDX-License-Identifier: MPL-2.0
"""A callback under a name: what it takes, and how arguments from the wire fit to it."""

import inspect

from .channel import Stream
from .protocol import NAMED, SIGNATURE_BYTES
from .tally import Tally


class Function:
    """A callback under one name."""

    def __init__(self, name, function, signature=None):
        self.name = name
        self.call = function
        self.tally = Tally()
        try:
            self.parameters = inspect.signature(function)
        except (TypeError, ValueError):
            self.parameters = None
        self.stream = self._stream_parameter()
        self._without_stream = self._reduced()
        self.is_generator = inspect.isgeneratorfunction(function) or \
            inspect.isasyncgenfunction(function)
        self.is_async = inspect.iscoroutinefunction(function) or \
            inspect.isasyncgenfunction(function)
        self.signature = signature if signature is not None else self._shown()

    def _stream_parameter(self):
        for name, each in (self.parameters.parameters if self.parameters else {}).items():
            if each.annotation is Stream or each.annotation == "Stream":
                return name
        return None

    def _reduced(self):
        if not self.stream:
            return self.parameters
        kept = [each for each in self.parameters.parameters.values()
                if each.name != self.stream]
        return self.parameters.replace(parameters=kept)

    def _shown(self):
        text = str(self.parameters or "(...)").replace("daffi.channel.", "")
        return text if len(text.encode()) <= SIGNATURE_BYTES else "(...)"

    def bind(self, args, named, stream=None):
        """(positional, named) to call it with, None where they do not fit. The items of a
        stream go to the parameter that is annotated with Stream, wherever it stands."""
        if not self.parameters:
            return args, named
        try:
            bound = self._without_stream.bind(*args, **named)
        except TypeError:
            return None
        if self.stream:
            given = {**bound.arguments, self.stream: stream}
            order = [each for each in self.parameters.parameters if each in given]
            bound = inspect.BoundArguments(self.parameters, {each: given[each]
                                                             for each in order})
        return bound.args, bound.kwargs


def split_named(args):
    """Positional and named arguments of what came as one array."""
    if args and isinstance(args[-1], dict) and list(args[-1]) == [NAMED] and \
            isinstance(args[-1][NAMED], dict):
        return args[:-1], args[-1][NAMED]
    return args, {}


def join_named(args, named):
    """One array of both."""
    return [*args, {NAMED: named}] if named else list(args)
