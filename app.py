"""The app as a web application: the pages, plus our own routes for uploads, pictures and downloads."""

from starlette.middleware import Middleware
from streamlit import App

from pages.parts import errors, web
from pages.parts.held_uploads import HeldUploads
from tl_core.runs import server

errors.mask_logs()
server.start()

app = App(
    "pages/main.py",
    routes=web.routes(),
    middleware=[
        Middleware(web.SecurityHeaders),
        Middleware(HeldUploads),
        Middleware(web.SteadyPage),
    ],
    on_script_error=errors.on_script_error,
)
