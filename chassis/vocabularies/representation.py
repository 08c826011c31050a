"""Vocabularies on the wire."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from chassis.schemas import In, Out, VersionedOut
from chassis.text import Name
from chassis.vocabularies.reading import Edition
from chassis.words import Words

_TERM: dict[str, Any] = {
    "code": "sdz",
    "label": "可持续发展实验区",
    "labels": {"zh-Hans": "可持续发展实验区", "en": "Sustainable-development experimental zone"},
    "retired": False,
}
VOCABULARY_EXAMPLE: dict[str, Any] = {
    "name": "zones.programme",
    "title": "计划类别",
    "titles": {"zh-Hans": "计划类别", "en": "Programme"},
    "version": 1,
    "extensible": True,
    "terms": [_TERM],
}


class Labels(In):
    """A text in both languages, both needed."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)

    zh: Name = Field(alias="zh-Hans")
    en: Name


class TermIn(In):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"labels": {"zh-Hans": "国家农业高新技术产业示范区", "en": "Agricultural high-tech zone"}}
            ]
        },
    )

    labels: Labels


class TermOut(Out):
    code: str
    label: str
    labels: Labels
    retired: bool


class VocabularyOut(VersionedOut):
    """`version` is the edition shown; any edition before it can be read again with `?version=`."""

    model_config = ConfigDict(json_schema_extra={"examples": [VOCABULARY_EXAMPLE]})

    name: str
    title: str
    titles: Labels
    version: int
    extensible: bool
    terms: list[TermOut]


class Vocabularies(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [VOCABULARY_EXAMPLE]}]})

    items: list[VocabularyOut]


def shown(edition: Edition, language: str = "zh-Hans") -> VocabularyOut:
    """The answer in `language`; events are told in Chinese, with both in `labels`."""
    declared = edition.vocabulary
    return VocabularyOut(
        name=declared.name,
        title=declared.title.pick(language),
        titles=_labels(declared.title),
        version=edition.number,
        extensible=declared.extensible,
        terms=[
            TermOut(
                code=term.code,
                label=term.label.pick(language),
                labels=_labels(term.label),
                retired=term.retired,
            )
            for term in edition.terms
        ],
    )


def _labels(words: Words) -> Labels:
    return Labels(zh=words.zh, en=words.en)
