"""The front door: all that a plugin may lean on. What is not here is not promised.

`liuhe` itself: who a plugin is, what it hands over, data, permissions, facts, jobs, files, errors.
`liuhe.pages`: HTMX pages. `liuhe.graphql`: GraphQL types. `liuhe.testing`: fixtures.
"""

from core.areas import LEVEL_LABELS, LEVELS, Area, create_area
from core.assessments import demand_pia, file_assessment
from core.audit import record, record_reading
from core.contributions import (
    Audited,
    Demo,
    Extension,
    Known,
    Listener,
    MapBox,
    MapLayer,
    MapPoint,
    MapPoints,
    Menu,
    Offer,
    Page,
    PersonalField,
    PersonalKind,
    Preparation,
    Retention,
    Seam,
    Slot,
    Tables,
    Waiting,
    WaitingItem,
    WaitingList,
)
from core.database import atomic, dialect, rows
from core.departures import PersonLeft, PostOver
from core.duty import on_duty
from core.errors import (
    BadInput,
    Conflict,
    Forbidden,
    LiuheError,
    NotFound,
    NotSignedIn,
    RateLimited,
    TooLarge,
    Unavailable,
)
from core.facts import Fact, announce
from core.files import (
    File,
    Keeper,
    attach,
    discard_files,
    lease_unblurred,
    pictures_shown,
    put_blurred,
    refuse_blurred,
    store_blurred,
    store_upload,
)
from core.hooks import hookimpl
from core.house import house, offered, settings_of
from core.jobs import Job, enqueue
from core.manifest import LIUHE_VERSION, DataUse, Manifest
from core.people import Person, Post, Unit, hash_password
from core.permissions import (
    Grant,
    Permission,
    Role,
    Scope,
    Viewer,
    demand,
    demand_everywhere,
    demand_held,
    may,
    within,
)
from core.personal import (
    change_personal,
    destroy_personal,
    find_personal,
    keep_personal,
    read_personal,
)
from core.receipts import fill, redeem
from core.sealing import mark, seal, unseal
from core.secrets import keep_secret
from core.settings import Section
from core.state import recall, remember
from core.tables import Model, personal

__all__ = [
    "LEVELS",
    "LEVEL_LABELS",
    "LIUHE_VERSION",
    "Area",
    "Audited",
    "BadInput",
    "Conflict",
    "DataUse",
    "Demo",
    "Extension",
    "Fact",
    "File",
    "Forbidden",
    "Grant",
    "Job",
    "Keeper",
    "Known",
    "Listener",
    "LiuheError",
    "Manifest",
    "MapBox",
    "MapLayer",
    "MapPoint",
    "MapPoints",
    "Menu",
    "Model",
    "NotFound",
    "NotSignedIn",
    "Offer",
    "Page",
    "Permission",
    "Person",
    "PersonLeft",
    "PersonalField",
    "PersonalKind",
    "Post",
    "PostOver",
    "Preparation",
    "RateLimited",
    "Retention",
    "Role",
    "Scope",
    "Seam",
    "Section",
    "Slot",
    "Tables",
    "TooLarge",
    "Unavailable",
    "Unit",
    "Viewer",
    "Waiting",
    "WaitingItem",
    "WaitingList",
    "announce",
    "atomic",
    "attach",
    "change_personal",
    "create_area",
    "demand",
    "demand_everywhere",
    "demand_held",
    "demand_pia",
    "destroy_personal",
    "dialect",
    "discard_files",
    "enqueue",
    "file_assessment",
    "fill",
    "find_personal",
    "hash_password",
    "hookimpl",
    "house",
    "keep_personal",
    "keep_secret",
    "lease_unblurred",
    "mark",
    "may",
    "offered",
    "on_duty",
    "personal",
    "pictures_shown",
    "put_blurred",
    "read_personal",
    "recall",
    "record",
    "record_reading",
    "redeem",
    "refuse_blurred",
    "remember",
    "rows",
    "seal",
    "settings_of",
    "store_blurred",
    "store_upload",
    "unseal",
    "within",
]
