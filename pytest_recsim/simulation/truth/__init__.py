"""What must follow from data and knobs: the data set as the judge sees it, slates, relevance, knobs in effect, expected signals."""
