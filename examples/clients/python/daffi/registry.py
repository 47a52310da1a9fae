# SPDX-License-Identifier: MPL-2.0
"""What is declared before there is a Global: callbacks, fetchers, and classes of them.

A class derived from Callback offers its public methods, one derived from Fetcher calls
remote functions of the names of its public methods. A leading underscore or `@local`
makes a method private. A Callback class that needs no arguments is created by itself when
a Global starts, unless that was done or it says `auto_init = False`.
"""

import inspect

from .exceptions import InitializationError
from .fetching import Args, RemoteFunction  # noqa: F401  (Args is imported from here)

#  name -> function, of this program, for each Global that starts
callbacks = {}
#  Globals that run: they are told of what is declared later
listeners = []
_classes = []


def add_callback(name, function):
    callbacks[name] = function
    for each in list(listeners):
        each(name, function)


def remote_name(function):
    return getattr(function, "__daffi_alias__", None) or function.__name__


def _public(cls, roots):
    """The methods that are meant for others, by name."""
    found = {}
    for each in reversed(cls.__mro__):
        if each is object or each in roots:
            continue
        for name, value in vars(each).items():
            if isinstance(value, RemoteFunction):
                value = value.function
            function = getattr(value, "__func__", value)
            hidden = name.startswith("_") or getattr(function, "__daffi_local__", False)
            if not hidden and inspect.isfunction(function):
                found[name] = function
            else:
                found.pop(name, None)
    return found


class Callback:
    auto_init = None

    def __init__(self):
        self.__post_init__()

    def __post_init__(self):
        """For what an instance needs."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.__daffi_callbacks__ = _public(cls, (Callback, Fetcher))
        cls.__daffi_created__ = False
        _classes.append(cls)
        if cls.__dict__.get("auto_init"):
            cls()

    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls)
        cls.__daffi_created__ = True
        for name, function in cls.__daffi_callbacks__.items():
            method = inspect.getattr_static(cls, name)
            if isinstance(method, RemoteFunction):
                method = function
            add_callback(remote_name(function), method.__get__(self, cls))
        return self


class Fetcher:
    exec_modifier = None

    def __init__(self):
        self.__post_init__()

    def __post_init__(self):
        """For what an instance needs."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        proxy = issubclass(cls, Callback)
        for name, function in _public(cls, (Callback, Fetcher)).items():
            if not isinstance(inspect.getattr_static(cls, name), RemoteFunction):
                setattr(cls, name, RemoteFunction(
                    remote_name(function), function, cls.exec_modifier, proxy=proxy))


def FetcherMethod(name=None, exec_modifier=None):
    """A method of a Fetcher without a body: `get_items = FetcherMethod ()`."""
    return RemoteFunction(name, None, exec_modifier)


def create_classes():
    """Those that nobody has created, when a Global starts."""
    for cls in _classes:
        fetches = issubclass(cls, Fetcher)
        if cls.__daffi_created__ or cls.auto_init is False or fetches:
            continue
        try:
            inspect.signature(cls.__init__).bind(None)
        except TypeError:
            continue
        cls()


class callback:
    """@callback: a function that others may call, under its own name or its alias."""

    def __new__(cls, function):
        if inspect.isclass(function):
            if not issubclass(function, Callback):
                raise InitializationError("derive the class from Callback instead")
            return function
        if isinstance(function, RemoteFunction):
            #  @callback above @fetcher: the body is the callback's
            function.proxy = True
            add_callback(function.name, function.function)
            return function
        add_callback(remote_name(function), function)
        return function


def fetcher(function=None, exec_modifier=None):
    """@fetcher or @fetcher (BG (timeout=30)): a function that calls a remote one."""
    if function is not None and not inspect.isfunction(function):
        exec_modifier, function = function, None
    if function is None:
        return lambda decorated: fetcher(decorated, exec_modifier)
    offered = callbacks.get(remote_name(function)) is function
    return RemoteFunction(remote_name(function), function, exec_modifier, proxy=offered)


def callback_and_fetcher(function=None, exec_modifier=None):
    """Offered to others, and calls theirs: the body is the callback's."""
    if function is not None and not inspect.isfunction(function):
        exec_modifier, function = function, None
    if function is None:
        return lambda decorated: callback_and_fetcher(decorated, exec_modifier)
    return fetcher(callback(function), exec_modifier)


def alias(name):
    """Another name on the remote side."""
    def decorate(function):
        if isinstance(function, RemoteFunction):
            function.name = name
        elif callbacks.get(function.__name__) is function:
            del callbacks[function.__name__]
            function.__daffi_alias__ = name
            add_callback(name, function)
        else:
            function.__daffi_alias__ = name
        return function
    return decorate


def local(function):
    """A method that is neither offered nor a fetcher."""
    function.__daffi_local__ = True
    return function


def __body_unknown__(*_args, **_kwargs):
    """The body of a fetcher that has none."""
