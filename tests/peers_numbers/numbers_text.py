"""The sentences of the page that hold no numbers."""

HEAD = """\
# Your number there, our number here

The same list has an NDCG@10 of {here} here and anything from {low} to {high} elsewhere. No tool is wrong: they use
different formulas. This page says how each call of eight tools differs, and how to get our numbers from it.

{title}: {list}. k is 10.
"""

WHOLE = """\
## Each call in one line

Everything in which a call differs from [ours](metrics.md), as far as the lists on this page show it.
"""

RECIPES = """\
## Our number in their tool

Leave the tool no choice:

* write the **gain** as the grade, 2^grade - 1, and ask for the linear NDCG; for tools that want whole numbers, in
  millionths (the unit cancels; the rounding costs less than 1e-6);
* add up repeated pairs of the holdout first, cap at 10;
* write **1/rank as the score**, so that nothing is tied;
* leave out users without holdout; give a user without a list one item that is not relevant;
* give a repeated item another name at its later places.

With that, these calls give our numbers on every ranking list of this page (`numbers_prepare.py`):
"""

NO_RECIPE = """\
With whole grades, ranx's `ndcg_burges@k` needs no gains. evidently also needs the missed items as rows behind rank k + 1.

No way was found for NDCG of grades in RecTools and RecBole, which know only relevant or not (with grades of 1, RecTools'
`divide_by_achievable=True` and RecBole's NDCG are ours); pytrec_eval's `recip_rank` (cut the lists first); LensKit's
Recall for users with more than k relevant items; RecBole's coverage and Gini (coverage x (items + 1) / items is ours).
"""

FROM_A_BUNDLE = """\
## From a report folder

This script writes a run's lists and holdout in the form that ranx (`Qrels.from_file`, `Run.from_file`), pytrec_eval and
ir_measures read; it needs Python alone:

    python export.py reports/customer-a/20261123T034559Z fixtures/customers/customer_a.json

Their `ndcg@10`, `mrr@10` and `recall@20` are then the figures `ndcg@10 (unseen)`, `mrr@10 (unseen)` and `recall@20 (unseen)`
of `artifacts/quality_metrics.json`. It takes fixtures in JSON and runs without `--recsim-window-days`.
"""

ONE_BY_ONE = """\
## The differences one by one

Grades are in brackets; k is 10, and 2 for the catalogue. Tools that take scores are given 1/rank, RecTools ranks; evidently's
numbers are read beside rank k of its tables. In bold: reasons that a section is the first to show. Hit rate and MAP
are not compared.

Each reason is proven: our formula with exactly these changes (`tests/peers_numbers/numbers_definition.py`) gives that tool's number
to six digits, and with fewer of them it does not.
"""

TO_ASK_AT_ALL = """\
## How they were asked

`python tests/peers_numbers/numbers_run.py` makes this page through each tool's public calls: {versions}; Python {python}.
Tests hold the page to `other-numbers.json`; CI asks the first four tools again. If you want to ask them yourself:

* **RecBole 1.2.1** needs NumPy below 2, and so pandas below 3 (`np.float_`). Its collector cannot carry the number of items (an
  integer has no `.cpu()`), so it is set on the data that the evaluator gets. Its lists are never short; ours are filled
  with items that are not relevant.
* **evidently 0.7.23** does not import with pandas 3. With fewer than k rows per user NDCG ends in a `KeyError`, so lists are
  filled up. Its NDCG and MRR tables begin with rank 2, its recall table with rank 1.
* **scikit-learn** wants a score of every user for every item: first the listed items, then k that are not relevant (else missed
  items move into the first k), then what was missed.
* **ranx** with `make_comparable=True`, needed where users differ, sorts a run again: 16 or more equal scores then come in
  another order.
* **LensKit** counts a user with an empty list as 0, and leaves out one that has no entry at all.
"""
