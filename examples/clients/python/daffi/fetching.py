# SPDX-License-Identifier: MPL-2.0
"""Fetchers: Python functions that stand for remote ones.

One without a body hands its arguments on. One with a body sends what it returns: a tuple
or `Args` are several arguments, None is none. One that yields sends its items as a stream.
"""

import asyncio
import contextvars
import dis
import functools
import inspect

from .exceptions import GlobalContextError
from .execution_modifiers import (BG, BROADCAST, FG, NO_RETURN, PERIOD, STREAM, instance,
                                  seconds)
from .functions import join_named

_EMPTY = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "RETURN_GENERATOR",
          "POP_TOP", "GEN_START", "COPY_FREE_VARS", "JUMP_FORWARD", "RERAISE",
          "CALL_INTRINSIC_1"}


class Args:
    """Several arguments, positional and named."""

    def __init__(self, *args, **named):
        self.args = args
        self.named = named

    def wire(self):
        return join_named(self.args, self.named)


def has_body(function):
    """Does it do anything? A docstring, pass, ... and __body_unknown__ () do not."""
    if function is None:
        return False
    code = function.__code__
    if "__body_unknown__" in code.co_names:
        return False
    for each in dis.get_instructions(code):
        constant = each.opname in ("LOAD_CONST", "RETURN_CONST") and each.argval is not None
        if each.opname not in _EMPTY or constant:
            return True
    return False


def several(value):
    """What a body returned, as an array of arguments."""
    if isinstance(value, Args):
        return value.wire()
    if isinstance(value, tuple):
        return list(value)
    return [] if value is None else [value]


def item(value):
    """What a body yielded, as one item."""
    return several(value) if isinstance(value, (Args, tuple)) else value


def items(generator):
    for value in generator:
        yield item(value)


async def items_async(generator):
    async for value in generator:
        yield item(value)


class RemoteFunction:
    def __init__(self, name, function, modifier, proxy=False):
        self.name = name
        self.function = function
        self.modifier = modifier
        self.proxy = proxy
        self._self = None
        self._global = None
        if function:
            functools.update_wrapper(self, function)

    @property
    def alias(self):
        return self.name

    @property
    def _is_async(self):
        return inspect.iscoroutinefunction(self.function) or \
            inspect.isasyncgenfunction(self.function)

    def __set_name__(self, owner, name):
        self.name = self.name or name
        self.modifier = self.modifier or getattr(owner, "exec_modifier", None)

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        bound = RemoteFunction(self.name, self.function, self.modifier, self.proxy)
        bound._self = (instance,)
        return bound

    def using(self, g):
        """The same, by way of this Global instead of the current one."""
        bound = RemoteFunction(self.name, self.function, self.modifier, self.proxy)
        bound._self, bound._global = self._self, g
        return bound

    def __call__(self, *args, **named):
        return self.call(*args, exec_modifier=self.modifier, **named)

    def call(self, *args, exec_modifier=None, **named):
        """The same with another execution modifier."""
        modifier = instance(exec_modifier or self.modifier or FG)
        if self._is_async:
            return self._call_async(modifier, args, named)
        if self.proxy or not has_body(self.function):
            return self._run(modifier, self._as_they_are(args, named))
        value = self.function(*(self._self or ()), *args, **named)
        if inspect.isgenerator(value):
            return self._run(modifier, [], items(value))
        return self._run(modifier, several(value))

    async def _call_async(self, modifier, args, named):
        feed, arguments = None, None
        if self.proxy or not has_body(self.function):
            arguments = self._as_they_are(args, named)
        else:
            value = self.function(*(self._self or ()), *args, **named)
            if inspect.isasyncgen(value):
                feed, arguments = items_async(value), []
            else:
                arguments = several(await value)
        if isinstance(modifier, PERIOD):
            #  it waits for the controller, which the event loop shall not
            run = functools.partial(contextvars.copy_context().run, self._run, modifier,
                                    arguments)
            return await asyncio.get_running_loop().run_in_executor(None, run)
        result = self._run(modifier, arguments, feed, wait=False)
        if not isinstance(modifier, (FG, STREAM, BROADCAST)) or \
                not hasattr(result, "__await__"):
            return result
        try:
            return await result
        except asyncio.CancelledError:
            if isinstance(modifier, BROADCAST):
                result.cancel()
            raise

    def _as_they_are(self, args, named):
        """Named arguments get their places, where the fetcher's signature tells them."""
        if not named or not self.function:
            return join_named(args, named)
        try:
            bound = inspect.signature(self.function).bind_partial(*(self._self or ()), *args,
                                                                  **named)
        except TypeError:
            return join_named(args, named)
        if list(bound.arguments) != list(bound.signature.parameters)[:len(bound.arguments)]:
            return join_named(args, named)  # there is a gap
        return join_named(bound.args[len(self._self or ()):], bound.kwargs)

    def _run(self, modifier, args, feed=None, wait=True):
        from .globals import get_g
        g = self._global or get_g()
        if not g:
            raise GlobalContextError("there is no Global: create one first")
        name = self.name
        if isinstance(modifier, PERIOD):
            return g.schedule(name, *args, at_time=modifier.at_time,
                              interval=modifier.interval, cron=modifier.cron)
        eta = seconds(getattr(modifier, "eta", None)) or 0
        if isinstance(modifier, NO_RETURN) or not getattr(modifier, "return_result", True):
            if isinstance(modifier, BROADCAST):
                g.broadcast(name, *args, delay=eta)
                return None
            return g.cast(name, *args, delay=eta)
        timeout = seconds(modifier.timeout)
        if isinstance(modifier, BROADCAST):
            result = g.broadcast(name, *args, timeout=timeout, delay=eta,
                                 stop_after=modifier.stop_after)
            return result.get() if wait else result
        if isinstance(modifier, BG):
            if feed is None:
                return g.start(name, *args, timeout=timeout, delay=eta)
            return g.stream(name, *args, timeout=timeout, items=feed).outcome
        stream = g.stream(name, *args, timeout=timeout, items=feed)
        if isinstance(modifier, STREAM):
            return stream if wait else _nothing(stream)
        return stream.first() if wait else stream.first_async()


async def _nothing(stream):
    return stream
