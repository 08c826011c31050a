"""What documents are about; an administrator may add to it, collection by collection."""

from __future__ import annotations

from chassis.vocabularies.terms import Term, Vocabulary
from chassis.words import Words

OTHER = "other"


def document_categories(collection: str) -> Vocabulary:
    """The vocabulary of the documents of a collection, named for it."""
    return Vocabulary(
        f"{collection}.document_category",
        Words("文件类别", "Category of a document"),
        (
            Term("application", Words("申报材料", "Application")),
            Term("approval", Words("批复文件", "Approval")),
            Term("plan", Words("规划方案", "Plan")),
            Term("report", Words("工作报告", "Report")),
            Term("evidence", Words("佐证材料", "Evidence")),
            Term("image", Words("影像资料", "Image")),
            Term(OTHER, Words("其他", "Other")),
        ),
        extensible=True,
    )
