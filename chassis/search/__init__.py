"""Finding text: Chinese words and substrings, pinyin, initials, English; on stock PostgreSQL."""
