"""What is shown of an answer: `fields=` picks members, `expand=` adds what a resource refers to."""
