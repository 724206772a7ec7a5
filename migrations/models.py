"""Every table of the house, gathered for Alembic and for the tests that compare."""

import content.models
import core.audit
import core.heartbeats
import core.incidents
import linkage.models
import messaging.flow_models
import messaging.models
import profiles.models
import service.accounts.models
from core.db import Base

ROOMS = (
    content.models,
    core.audit,
    core.heartbeats,
    core.incidents,
    linkage.models,
    messaging.flow_models,
    messaging.models,
    profiles.models,
    service.accounts.models,
)
metadata = Base.metadata
