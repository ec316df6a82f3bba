"""Seconds that the Compare page takes to open, some seconds after the first page: MODELS_DIR ENTRY SECONDS."""

import os
import sys
import time

from streamlit.testing.v1 import AppTest

os.environ["FER_MODELS_DIR"], entry, seconds = sys.argv[1:]
app = AppTest.from_file(entry, default_timeout=120).run()
time.sleep(float(seconds))
started = time.perf_counter()
app.switch_page("pages/compare.py").run()
if app.exception or app.title[0].value != "Compare models":
    sys.exit("the page did not open")
print(time.perf_counter() - started)
