"""Megabytes of the app's process once it has classified the sample with both models: MODELS_DIR ENTRY.

AppTest runs the whole page, widgets and charts included, in this one process; only the web server is missing.
"""

import os
import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest

os.environ["FER_MODELS_DIR"], entry = sys.argv[1:]
app = AppTest.from_file(entry, default_timeout=60).run()
next(button for button in app.button if button.label == "Photo").click().run()
if app.exception or not app.header:
    sys.exit("the page did not classify the sample")
status = Path("/proc/self/status").read_text(encoding="utf-8")
print(int(status.split("VmRSS:")[1].split()[0]) / 1024)
