"""The local AWS: moto's server plus corrections, so that tests meet AWS's refusals too.

A request passes `server` (side API or AWS), `identify` (who calls what, where), `faults`, `validation`,
then the corrections of its operation (`corrections`), and at last moto; what changed something may come to a
queue (`events`). One file per AWS thing.
"""
