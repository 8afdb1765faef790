"""Guessing which column is what: by its name, and where that says nothing by what it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.few import first_few
from pytest_recsim.sources.importing.csvtext import Sheet
from pytest_recsim.sources.importing.moments import LEAST, MOST, form_of
from pytest_recsim.sources.importing.words import telling

NAMES: Mapping[str, str] = {
    "user_id": "userid user users customerid customer customerno customernumber visitorid visitor clientid memberid member "
    "uid reviewerid buyerid accountid profileid personid kundennr kundennummer kundenid kunde nutzer nutzerid sessionid session",
    "item_id": "itemid item items iid productid product products sku articleid article movieid movie songid trackid parentasin "
    "asin newsid contentid bookid isbn stockcode artikelnr artikelnummer artikelid artikel produktid produkt adid",
    "ts": "ts timestamp eventtime eventtimestamp datetime time date createdat created occurredat unixreviewtime invoicedate "
    "orderdate purchasedate zeitstempel zeitpunkt datum zeit bestelldatum unixtime",
    "type": "type eventtype event eventname action behavior behaviour behaviortype interaction interactiontype feedbacktype "
    "activity ereignis aktion ereignistyp",
    "value": "value quantity qty weight rating score stars count anzahl menge wert",
    "source_event_id": "sourceeventid eventid",
}
ITEM_NAMES: Mapping[str, str] = {
    "item_id": NAMES["item_id"] + " id",
    "available": "available isavailable instock availability verfügbar lieferbar",
    "price": "price unitprice listprice saleprice preis verkaufspreis einzelpreis",
    "tags": "tags tag genres genre keywords labels schlagworte",
    "category_path": "categorypath categories kategorien",
    "brand": "brand manufacturer marke hersteller",
    "category": "category categorycode categoryid maincategory kategorie warengruppe",
    "description": "title name itemname productname description titel bezeichnung beschreibung",
    "image_url": "imageurl image img bild bildurl",
    "props.margin": "margin marge spanne",
    "props.novelty": "novelty neuheit",
}
USER_NAMES: Mapping[str, str] = {
    "user_id": NAMES["user_id"] + " id",
    "segment": "segment segmentname usersegment kundensegment",
}
DATE, HOURS = "date datum orderdate bestelldatum", "time zeit uhrzeit"
SAMPLE = 200
DIGITS = 16
"""Of a time in microseconds."""
MOST_SHOWN = 8
"""Columns that a sentence names."""


def plain(name: str) -> str:
    """Return a name as it is compared: letters and digits, without the type that RecBole adds."""
    return "".join(char for char in name.partition(":")[0].lower() if char.isalnum())


def by_name(names: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    """Return field -> column; of several that fit the one that is first in the list of names."""
    known = {plain(column): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for name, words in names.items():
        column = next(
            (known[word] for word in words.split() if word in known and known[word] not in found.values()),
            None,
        )
        if column is not None:
            found[name] = column
    return found


def guess(sheet: Sheet, given: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return field -> columns of interactions.

    Args:
        sheet: the file.
        given: fields that somebody named already.

    Raises:
        InputError: no column for users, items or times; the columns are shown, each with a cell.
    """
    columns = [name for name in sheet.frame.columns if name != "row" and (name,) not in given.values()]
    found: dict[str, tuple[str, ...]] = {
        name: (column,) for name, column in by_name(NAMES, columns).items() if name not in given
    }
    found |= dict(given)
    if "ts" not in given:
        found |= _times(sheet, columns, found)
    left = [name for name in columns if (name,) not in found.values()]
    if "type" in found and "type" not in given and not _is_words(sheet, found["type"][0]):
        del found["type"]
    if "type" not in found:
        words = next((name for name in left if _is_words(sheet, name)), None)
        found |= {} if words is None else {"type": (words,)}
    missing = [name for name in ("user_id", "item_id", "ts") if name not in found]
    if missing:
        raise InputError(Problem(sheet.name, _asked(sheet, missing)))
    return {name: found[name] for name in (*NAMES,) if name in found}


def _times(
    sheet: Sheet, columns: Sequence[str], found: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """A date and a time in two columns, or a column that holds times under another name."""
    names = {plain(name): name for name in columns}
    date = next((names[word] for word in DATE.split() if word in names), None)
    hours = next((names[word] for word in HOURS.split() if word in names), None)
    if date and hours and sheet.frame.schema[hours] == pl.String:
        cells = _cells(sheet, hours)
        if cells and all(":" in cell and form_of(cell) is None and len(cell) < 16 for cell in cells):
            return {"ts": (date, hours)}
    if "ts" in found:
        return {}
    taken = {name for several in found.values() for name in several}
    one = next((name for name in columns if name not in taken and _is_times(sheet, name)), None)
    return {} if one is None else {"ts": (one,)}


def _is_times(sheet: Sheet, name: str) -> bool:
    kind = sheet.frame[name].dtype
    if isinstance(kind, pl.Datetime | pl.Date):
        return True
    cells = _cells(sheet, name)
    return bool(cells) and all(form_of(cell) is not None or _is_epoch(cell) for cell in cells)


def _is_epoch(cell: str) -> bool:
    return (
        cell.isdecimal()
        and len(cell) <= DIGITS
        and any(LEAST <= int(cell) / size < MOST for size in (1, 1000, 1_000_000))
    )


def _is_words(sheet: Sheet, name: str) -> bool:
    cells = list(dict.fromkeys(_cells(sheet, name)))
    kind = sheet.frame[name].dtype
    named = bool(cells) and plain(name) in NAMES["type"].split()
    return telling(cells) or (named and (kind == pl.String or kind.is_integer()))


def _cells(sheet: Sheet, name: str) -> list[str]:
    """The first cells that hold something."""
    cells = sheet.frame[name].head(SAMPLE).drop_nulls()
    if cells.dtype.is_nested():
        return []
    return [
        cell.strip() for cell in cells.cast(pl.String, strict=False).drop_nulls().to_list() if cell.strip()
    ]


def _asked(sheet: Sheet, missing: Sequence[str]) -> str:
    shown = [
        f"`{quoted(name)}` (such as `{quoted((_cells(sheet, name) or [''])[0])}`)"
        for name in sheet.frame.columns
        if name != "row"
    ]
    hint = "; a session or device may stand for a user where nobody is named" if "user_id" in missing else ""
    return (
        f"no column was recognised as {' and '.join(missing)}; --column {missing[0]}=NAME says which{hint}. "
        f"There are {first_few(shown, MOST_SHOWN)}"
    )
