"""Errors as classes (RFC 9457). Each carries its machine code, status and both languages.

Raise them where the fact is known; `chassis.problem_responses` turns them into answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from chassis.words import Words


@dataclass(frozen=True)
class Issue:
    """One fault. Exactly one of `pointer` (RFC 6901 fragment), `parameter` and `header` says where."""

    code: str
    detail: Words
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None
    severity: str = "error"
    params: Mapping[str, Any] = field(default_factory=dict)


class Problem(Exception):
    """Base of all answers that are not 2xx. Subclasses fix code, status, title and remedy."""

    code: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[Words]
    remedy: ClassVar[Words]
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        detail: Words | None = None,
        *,
        issues: Sequence[Issue] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__((detail or self.title).en)
        self.detail = detail
        self.issues = tuple(issues)
        self.headers = dict(headers or {})
        self.members = dict(members or {})

    def __reduce__(self) -> tuple[Any, ...]:
        """Problems come back from other processes whole; an exception alone would keep its text only."""
        return _as_it_was, (type(self), self.args, self.__dict__)

    @classmethod
    def catalogue(cls) -> dict[str, type[Problem]]:
        """Every problem that is defined, by code."""
        found: dict[str, type[Problem]] = {}
        waiting = list(cls.__subclasses__())
        while waiting:
            kind = waiting.pop()
            waiting.extend(kind.__subclasses__())
            if "code" in kind.__dict__:
                found[kind.code] = kind
        return dict(sorted(found.items()))


def _as_it_was(kind: type[Problem], args: tuple[Any, ...], members: dict[str, Any]) -> Problem:
    problem = kind.__new__(kind, *args)
    problem.__dict__.update(members)
    return problem


class MalformedRequest(Problem):
    code, status = "malformed_request", 400
    title = Words("请求无法解析", "The request cannot be parsed")
    remedy = Words("检查 JSON 语法、编码与请求头", "Check the JSON syntax, its encoding and the headers")


class UnknownParameter(Problem):
    code, status = "unknown_parameter", 400
    title = Words("未知的查询参数", "Unknown query parameter")
    remedy = Words("使用 OpenAPI 中列出的参数", "Use the parameters that OpenAPI lists")


class InvalidParameter(Problem):
    code, status = "invalid_parameter", 400
    title = Words("查询参数或请求头的值无效", "A query parameter or header has an invalid value")
    remedy = Words("按 errors 中的说明更正参数", "Correct the parameter as `errors` says")


class CursorMismatch(Problem):
    code, status = "cursor_mismatch", 400
    title = Words("游标与此查询不符", "The cursor does not belong to this query")
    remedy = Words(
        "从第一页重新开始, 不要改动游标", "Start from the first page and leave the cursor as it was"
    )


class IdempotencyKeyRequired(Problem):
    code, status = "idempotency_key_required", 400
    title = Words(
        "机器客户端的 POST 必须带 Idempotency-Key", "Machine clients must send Idempotency-Key with POST"
    )
    remedy = Words(
        "为每个操作生成一个新的键, 重试时重复使用", "Make a new key for each action and repeat it on a retry"
    )


class Unauthenticated(Problem):
    code, status = "unauthenticated", 401
    title = Words("需要有效的访问令牌", "A valid access token is needed")
    remedy = Words(
        "用 POST /api/v1/tokens 取得令牌, 放入 Authorization: Bearer",
        "Get a token from POST /api/v1/tokens and send it as Authorization: Bearer",
    )

    def __init__(self, detail: Words | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="sdz"'})


class Forbidden(Problem):
    code, status = "forbidden", 403
    title = Words("无权执行此操作", "You may not do this")
    remedy = Words("向管理员申请所列权限或范围", "Ask an administrator for the permission or scope named")


class NotFound(Problem):
    code, status = "not_found", 404
    title = Words("没有找到", "Not found")
    remedy = Words(
        "检查地址与标识; 范围之外的对象也视为不存在",
        "Check path and id; what lies outside your scope is not found either",
    )


class MethodNotAllowed(Problem):
    code, status = "method_not_allowed", 405
    title = Words("此地址不支持该方法", "This path does not support the method")
    remedy = Words("使用 Allow 头列出的方法", "Use a method that the Allow header lists")


class RequestTimeout(Problem):
    code, status, retryable = "request_timeout", 408, True
    title = Words("请求体未按时到达", "The request's body did not arrive in time")
    remedy = Words("检查网络后重新上传", "Check the network and send it again")


class Conflict(Problem):
    code, status = "conflict", 409
    title = Words("与现有数据冲突", "In conflict with what is stored")
    remedy = Words("查看 errors, 更正后重试", "See `errors`, correct and try again")


class PlanOutdated(Problem):
    code, status = "plan_outdated", 409
    title = Words("计划所依据的数据已改变", "What the plan was made on has changed")
    remedy = Words("查看 rows, 重新提交文件以生成新的计划", "See `rows`; send the file again for a new plan")


class IdempotencyInProgress(Problem):
    code, status, retryable = "idempotency_in_progress", 409, True
    title = Words(
        "同一 Idempotency-Key 的请求仍在处理", "A request with this Idempotency-Key is still running"
    )
    remedy = Words("按 Retry-After 稍后重试", "Try again after Retry-After")

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class TransitionDenied(Problem):
    code, status = "transition_denied", 409
    title = Words("当前不能执行此操作", "This action is not possible now")
    remedy = Words(
        "GET …/transitions 列出可执行的操作及原因",
        "GET …/transitions lists what is possible, and why not the rest",
    )


class NotYetKnown(Problem):
    code, status, retryable = "not_yet_known", 409, True
    title = Words("该时刻尚未到来", "This instant has not come yet")
    remedy = Words(
        "按 Retry-After 稍后重试, 或询问较早的时刻",
        "Try again after Retry-After, or ask about an earlier instant",
    )

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)})


class Gone(Problem):
    code, status = "gone", 410
    title = Words("所请求的位置已不可用", "The requested position is no longer available")
    remedy = Words("从快照重新开始", "Start again from a snapshot")


class PreconditionFailed(Problem):
    code, status = "precondition_failed", 412
    title = Words("对象已被他人修改", "The object was changed by someone else")
    remedy = Words(
        "合并 current 后以 current_etag 重试", "Merge with `current` and try again with `current_etag`"
    )


class PayloadTooLarge(Problem):
    code, status = "payload_too_large", 413
    title = Words("请求体过大", "The request body is too large")
    remedy = Words("拆分请求", "Split the request")


class UnsupportedMediaType(Problem):
    code, status = "unsupported_media_type", 415
    title = Words("不支持的内容类型", "Unsupported content type")
    remedy = Words("使用 detail 所列的 Content-Type", "Use a Content-Type that the detail names")


class ValidationFailed(Problem):
    code, status = "validation_failed", 422
    title = Words("提交内容未通过校验", "The content did not pass validation")
    remedy = Words("按 errors 逐项更正", "Correct what `errors` lists")


class ImportRejected(Problem):
    code, status = "import_rejected", 422
    title = Words("导入未执行: 有行被拒绝", "Nothing was imported: rows were rejected")
    remedy = Words(
        "按 report 中的行号更正后重新提交", "Correct the rows that `report` names and send the file again"
    )


class IdempotencyMismatch(Problem):
    code, status = "idempotency_mismatch", 422
    title = Words("Idempotency-Key 已用于另一请求", "This Idempotency-Key was used for another request")
    remedy = Words("为新的请求使用新的键", "Use a new key for a new request")


class PreconditionRequired(Problem):
    code, status = "precondition_required", 428
    title = Words("修改需要 If-Match", "A change needs If-Match")
    remedy = Words("先 GET 取得 ETag, 再放入 If-Match", "GET the object and send its ETag as If-Match")


class TooManyRequests(Problem):
    code, status, retryable = "too_many_requests", 429, True
    title = Words("请求过于频繁", "Too many requests")
    remedy = Words("按 Retry-After 稍后重试", "Try again after Retry-After")

    def __init__(self, detail: Words | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class TooManyPlans(TooManyRequests):
    code, status, retryable = "too_many_plans", 429, True
    title = Words("待执行的导入计划过多", "Too many plans of imports wait for their commit")
    remedy = Words(
        "执行已有的计划, 或等待其过期 (24 小时, 见 Retry-After)",
        "Commit one, or wait until one expires (24 hours, see Retry-After)",
    )

    def __init__(self, limit: int, *, retry_after: int) -> None:
        words = Words(f"至多 {limit} 个待执行的计划", f"At most {limit} plans may wait for their commit")
        super().__init__(words, retry_after=retry_after)


class InternalError(Problem):
    code, status = "internal_error", 500
    title = Words("服务内部错误", "Internal error")
    remedy = Words("把 trace_id 告知运维人员", "Tell the operator the trace_id")


class ServiceUnavailable(Problem):
    code, status, retryable = "service_unavailable", 503, True
    title = Words("服务暂时不可用", "Temporarily unavailable")
    remedy = Words("按 Retry-After 稍后重试", "Try again after Retry-After")

    def __init__(self, detail: Words | None = None, *, retry_after: int = 1, **members: Any) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)}, members=members)


class OperationAbandoned(Problem):
    code, status = "operation_abandoned", 500
    title = Words("长任务多次中断, 已放弃", "The operation was given up after several attempts")
    remedy = Words("把 trace_id 告知运维人员", "Tell the operator the trace_id")


class OperationTimedOut(Problem):
    code, status = "operation_timed_out", 504
    title = Words("长任务超过时限", "The operation took longer than it may")
    remedy = Words("缩小范围后重试", "Try again with a smaller task")


class DependencyUnavailable(ServiceUnavailable):
    code, status, retryable = "dependency_unavailable", 503, True
    title = Words("所依赖的服务暂时不可用", "A service that this needs is unavailable")
    remedy = Words(
        "稍后重试; /api/v1/status 说明哪个服务未就绪",
        "Try again later; /api/v1/status says which service is down",
    )
