"""What gunicorn loads: one application from the environment."""

from core import log
from core.settings import Settings
from service.app import create_app
from service.bootstrap import build

log.prepare(machine=True)
app = create_app(build(Settings()))
