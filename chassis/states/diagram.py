"""A state machine as a picture and a table for the documentation."""

from __future__ import annotations

from chassis.states.machine import Action, Machine


def mermaid(machine: Machine) -> str:
    """The text of a Mermaid state diagram, labels in Chinese and English."""
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{label.zh} {label.en}" as {state}' for state, label in machine.states.items()]
    lines += [f"    [*] --> {state}" for state in machine.opening]
    for action in machine.actions:
        lines += [
            f"    {state} --> {action.after}: {action.name} {action.label.zh}" for state in action.before
        ]
    return "\n".join(lines)


def page(machine: Machine) -> str:
    """A page in Markdown: the picture, and who needs what for each action."""
    rows = ["| " + " | ".join(_cells(action)) + " |" for action in machine.actions]
    return "\n".join(
        [
            f"# {machine.title.en} {machine.title.zh}",
            "",
            "Written by `python -m tests.diagrams` from the table that the API goes by.",
            "",
            "```mermaid",
            mermaid(machine),
            "```",
            "",
            "| Action | | From | To | Permission | Needs | Not by who did |",
            "|---|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _cells(action: Action) -> tuple[str, ...]:
    return (
        f"`{action.name}`",
        f"{action.label.zh} {action.label.en}",
        ", ".join(action.before),
        action.after,
        f"`{action.permission}`",
        ", ".join(action.required) or "–",
        ", ".join(action.apart_from) or "–",
    )
