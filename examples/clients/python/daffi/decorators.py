# SPDX-License-Identifier: MPL-2.0
"""The decorators, under the name that programs import them from."""

from .registry import (__body_unknown__, alias, callback, callback_and_fetcher,  # noqa: F401
                       fetcher, local)
