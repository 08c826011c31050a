"""Labels of the gateway's own enumerations."""

from typing import Final

from chassis.operations.states import STATES
from chassis.vocabularies.terms import Term, Vocabulary, closed
from chassis.words import Words
from services.gateway.accounts.schemas import AccountKind
from services.gateway.notices.vocabulary import VOCABULARIES as NOTICES
from services.gateway.roles.table import ROLES
from services.gateway.status.routes import Condition

ACCOUNT_KIND: Final = closed(
    "accounts.kind",
    Words("账户类型", "Kind of account"),
    AccountKind,
    Words("人员", "Person"),
    Words("机器客户端", "Machine client"),
)
VOCABULARIES: Final = (
    ACCOUNT_KIND,
    *NOTICES,
    Vocabulary(
        "accounts.role", Words("角色", "Role"), tuple(Term(name, role.title) for name, role in ROLES.items())
    ),
    closed(
        "status.condition",
        Words("运行状况", "Condition"),
        Condition,
        Words("正常", "In order"),
        Words("降级", "Degraded"),
        Words("停止", "Down"),
    ),
    STATES,  # of every service's operations
)
