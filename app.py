"""The app as a web application: the pages, plus our own routes for uploads, pictures and downloads."""

from streamlit import App

from pages.parts import errors, guard, policy, web
from tl_core.runs import server

errors.mask_logs()
guard.require_safe_start()
server.start()

app = App(
    "pages/main.py",
    routes=web.routes(),
    middleware=web.middleware(),
    exception_handlers={Exception: policy.on_error},
    on_script_error=errors.on_script_error,
)
