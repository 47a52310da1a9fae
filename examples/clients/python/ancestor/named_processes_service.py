# SPDX-License-Identifier: MPL-2.0
"""A name that others can wait for. (Names are one word here.)"""

from daffi import Global

if __name__ == "__main__":
    g = Global(init_controller=True, process_name="calculator-service")
    g.wait_process(process_name="calculator-client")
    print("the client is there", flush=True)
    g.join()
