# SPDX-License-Identifier: MPL-2.0
"""It is there for a moment."""

import time

from daffi import Global

if __name__ == "__main__":
    g = Global(process_name="calculator-client")
    time.sleep(0.5)
    g.stop()
