"""Every fault that the documentation speaks about, in the order of its table."""

from __future__ import annotations

from fault_bodies import BODIES
from fault_connection import CLOCKS, CONNECTION, TIME
from fault_lists import LISTS
from fault_machine import DISKS, ENDS
from fault_others import OTHERS, RESTARTS
from fault_revisions import REVISIONS
from fault_status import STATUS
from fault_stored import STORED

SECTIONS = {
    "Connections": CONNECTION,
    "Status codes": STATUS,
    "Time": [*TIME, *CLOCKS],
    "Bodies": BODIES,
    "Revisions": REVISIONS,
    "Lists": LISTS,
    "Done, though told otherwise": STORED,
    "The service and other people": [*RESTARTS, *OTHERS],
    "This machine": [*DISKS, *ENDS],
}
CATALOGUE = [fault for faults in SECTIONS.values() for fault in faults]
