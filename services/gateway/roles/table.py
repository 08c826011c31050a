"""Who may do what: role → permissions, shipped as data.

A token carries all permissions of the account's roles. That is safe since it is good for one service only,
and each service asks only for the permissions that it declares beside its routes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from chassis.words import Words

RoleName = Literal[
    "ministry_office",
    "department",
    "provincial_office",
    "provincial_system",
    "zone_officer",
    "expert",
    "system_administrator",
    "security_administrator",
    "audit_administrator",
]

# what everybody has: the long work that they started themselves
_OWN = frozenset({"operation.read"})
_READ = _OWN | frozenset(
    {
        "reference.read",
        "zone.read",
        "project.read",
        "achievement.read",
        "framework.read",
        "observation.read",
        "run.read",
        "notice.read",
    }
)
_LIBRARY = frozenset(
    {
        "project.write",
        "achievement.write",
        "observation.write",
        "document.write",
    }
)
_PROVINCE = _READ | _LIBRARY | {"zone.write", "feed.read"}

# The three administrators keep watch over each other (三员分立): nobody holds two of these roles.
ADMINISTRATORS = frozenset({"system_administrator", "security_administrator", "audit_administrator"})


@dataclass(frozen=True)
class Role:
    title: Words
    permissions: frozenset[str]


ROLES: Mapping[str, Role] = {
    "ministry_office": Role(
        Words("国家主管办公室", "National office of the programme"),
        _PROVINCE | {"zone.decide", "reference.write", "framework.write", "run.create"},
    ),
    "department": Role(Words("国务院有关部门", "Department of the joint mechanism"), _READ | {"feed.read"}),
    "provincial_office": Role(Words("省级主管办公室", "Provincial office"), _PROVINCE | {"zone.decide"}),
    "provincial_system": Role(Words("省级业务系统", "Provincial system"), _PROVINCE),
    "zone_officer": Role(Words("实验区管理人员", "Officer of a zone"), _READ | _LIBRARY),
    "expert": Role(Words("专家", "Expert"), _READ),
    "system_administrator": Role(
        Words("系统管理员", "System administrator"),
        _OWN | {"account.manage", "operation.manage", "reference.read", "vocabulary.write"},
    ),
    "security_administrator": Role(
        # erases what is personal in the audit trail and reads none of it; who reads it erases nothing
        Words("安全保密管理员", "Security administrator"),
        _OWN | {"reference.read", "audit.erase"},
    ),
    "audit_administrator": Role(
        Words("安全审计员", "Audit administrator"), _OWN | {"reference.read", "audit.read"}
    ),
}
assert set(ROLES) == set(get_args(RoleName))


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """All that the roles permit together; a name that is no role permits nothing."""
    return frozenset().union(*(ROLES[role].permissions for role in roles if role in ROLES))
