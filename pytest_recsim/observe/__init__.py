"""Ask for lists once and share them: the same question is never asked twice."""
