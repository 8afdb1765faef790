"""Named layouts of other people's data: one file each, read into ``importing.tables.Tables``; ``registry`` lists them."""
