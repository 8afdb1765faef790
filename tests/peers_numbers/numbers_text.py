"""The sentences of the page that hold no numbers."""

HEAD = """\
# Your number there, our number here

The same list has an NDCG@10 of {here} here and anything from {low} to {high} elsewhere, and no tool is wrong: the letters
stand for different formulas. This page says which ones, for ranking metrics and for coverage and Gini.

Made by `python tests/peers_numbers/numbers_run.py`, which asks each tool through its own public call:
{versions}; Python {python}.
A test compares the page with `other-numbers.json` beside it, and CI asks the first four tools again.

**Each reason is proven, not guessed.** Our formulas are written out once more with every choice as a switch
(`tests/peers_numbers/numbers_definition.py`). With no switch touched they give our numbers; with the named switches alone,
that tool's number to six digits, on every slate of this page. No smaller set of a call's switches does.

## One list, N numbers

{title}: {list}. k is 10.
"""

ONE_BY_ONE = """\
## The differences one by one

Reasons that a section is the first to show are bold. Grades are in brackets; k is 10, and 2 where the catalogue is measured.
Tools that take scores are given 1/rank, RecTools ranks. Hit rate and MAP are not among our metrics.
evidently's numbers are read beside rank k of its tables.
"""

WHOLE = """\
## Each call in one line

All of what a call does unlike us, as far as these slates show it. [metrics.md](metrics.md) has our side.
"""

RECIPES = """\
## Our number in their tool

Leave the tool no choice:

* write the **gain** as the grade, 2^grade - 1, and ask for the linear NDCG; for tools that want whole numbers, in
  millionths (NDCG is a ratio, so the unit cancels; the rounding costs less than 1e-6);
* add repeated pairs of the holdout up first, cap at 10;
* write **1/rank as the score**, so that nothing is tied;
* leave out users without holdout; give a user without a list one item that nobody wants;
* give a repeated item another name at its later places.

Asked like this (`numbers_prepare.py`), these calls give our numbers on every slate about ranking:
"""

NO_RECIPE = """\
With whole grades, ranx's `ndcg_burges@k` needs no gains. evidently also needs the missed items as rows behind rank k + 1.

No way was found for: NDCG of grades in RecTools and RecBole, which know only relevant or not (with grades of 1, RecTools'
`divide_by_achievable=True` and RecBole's NDCG are ours); pytrec_eval's `recip_rank`, which has no cut-off (cut the lists
first); LensKit's Recall for users with more than k relevant items; RecBole's coverage and Gini (coverage x (items + 1) /
items is ours).
"""

FROM_A_BUNDLE = """\
## From a report folder

A report folder holds the lists; the holdout follows from the fixture and the instant of the split. This script needs
Python alone, and writes both in the form that ranx (`Qrels.from_file`, `Run.from_file`), pytrec_eval and ir_measures take:

    python export.py reports/customer-a/20261123T034559Z fixtures/customers/customer_a.json

Then `ndcg@10`, `mrr@10` and `recall@20` are the figures `ndcg@10 (unseen)`, `mrr@10 (unseen)` and `recall@20 (unseen)` of
`artifacts/quality_metrics.json`. It takes fixtures in JSON and runs without `--recsim-window-days`. A long test does this
with customer-a.
"""

TO_ASK_AT_ALL = """\
## To ask them at all

* **RecBole 1.2.1** needs NumPy below 2, and so pandas below 3: its configuration asks for `np.float_`. Its collector cannot
  carry the number of items (an integer has no `.cpu()`), so it is set on the data that the evaluator gets. It ranks all items
  for everybody: a list is never short, so ours are filled with items that nobody wants.
* **evidently 0.7.23** does not import with pandas 3. With fewer than k rows per user NDCG ends in a `KeyError`, so lists are
  filled up. Its NDCG and MRR tables begin with rank 2, its recall table with rank 1.
* **scikit-learn** takes a matrix in which every user has a score for every item. Listed items come first, then k that
  nobody wants, then what was missed; without those k, missed items move into the first k.
* **ranx** with `make_comparable=True`, which it needs where users differ, sorts a run again: 16 or more equal scores then
  come in another order than without.
* **LensKit** counts a user with an empty list as 0, and leaves out one that has no entry at all.
"""
