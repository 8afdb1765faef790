"""What goes over the wire: questions, answers, records, errors."""
