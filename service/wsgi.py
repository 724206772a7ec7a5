"""What gunicorn loads: one application from the environment, and its keeper. Each of its processes loads it after its fork."""

import gc
from pathlib import Path

from core import log
from core.settings import Settings
from messaging import spool
from service.app import create_app
from service.bootstrap import build
from service.keeper import Keeper

log.prepare(machine=True)
settings = Settings()
spool.prepare(Path(settings.spool_dir))
runtime = build(settings)
app = create_app(runtime)
Keeper(runtime).start()
# What was made at start stays: the collector need not walk through all of it again while a farmer waits.
gc.collect()
gc.freeze()
