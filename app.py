"""The app as a web application: the pages, plus our own routes for uploads, pictures and downloads."""

from streamlit import App

from pages.parts.shared import errors
from pages.parts.web import guard, policy, routes
from tl_core.jobs import server

errors.mask_logs()
guard.require_safe_start()
server.start()

app = App(
    "pages/main.py",
    routes=routes.routes(),
    middleware=routes.middleware(),
    exception_handlers={Exception: policy.on_error},
    on_script_error=errors.on_script_error,
)
