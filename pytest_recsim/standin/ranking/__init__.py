"""Ranking (contract 11, 12), deterministic.

The one place for what the contract leaves to chance. Every tie that it calls random or unspecified is broken by
item id ascending, bytewise: the popularity, content, session, 200-neighbour and 10-anchor cut-offs, the insertion
order within the content and session sources, pins by tag, brand or category. Starter tags of equal weight go by
name, profile tags of equal weight too. Scores are compared after rounding to 12 decimals and popularities to 9, so
that the last bits of a sum, which differ between processors, never decide.

Readings of passages that leave room:

* An item is a popularity candidate when at least one of its events has an active type, whatever the sum.
* Windows have no upper end and include their start; "within the following 30 minutes" excludes the event's own
  instant and includes the thirtieth minute.
* With ``min_events`` 0 nothing recent is looked up: R is empty.
* The starter weight uses the real number of recent items, not the one reported for ``new_users``.
* Sources 3 to 5 are cut to the fanout first and then lose what popularity already offered; an item offered by two of
  them keeps both signals.
* Injected anchors count as popularity candidates for the size of the pool. Starter anchors ignore the constraints.
* Co-visitation and embeddings are looked up only while their weight is above 0. A reason names a signal that is
  above 0, whatever its weight.
* Tag rules see the pool as it was before any rule. Blocks are settled first. An id pinned by two rules takes one slot.
* With the number of profile tags at 0 the starter profile is not cut.

Known defects of the real service are left out unless ``quirks`` asks for them: session candidates are available
items, very old events fade to 0, ties are broken as said above.
"""
