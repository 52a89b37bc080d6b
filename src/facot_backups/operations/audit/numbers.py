"""The audit of fiscal numbers: their form, those used twice, those skipped, and the counters. Pure.

Memory: eight bytes for each invoice with a number (twenty more for a moment while one company's numbers
are put in order), the documents of the counters, and the texts of malformed numbers.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise

from facot_backups.model import Document, Json
from facot_backups.operations.audit.findings import Finding, Severity, path_of
from facot_backups.operations.fiscal.counters import Counter, counter_in, id_key
from facot_backups.operations.fiscal.ncf import (
    Key,
    Ncf,
    compact,
    company_of,
    given_by_buyer,
    is_emitted,
    is_invoice,
    ncf_problem,
    parse_ncf,
    write_ncf,
)

_SKIPPED_SHOWN = 5


class Numbers:
    """Numbers of invoices: form, duplicates and gaps. Also what the counters must not be below.

    `see` and `end` are a `Check`; then, if `duplicated`, all invoices once more through `name`, and
    `duplicates` tells them with their documents.
    """

    def __init__(self) -> None:
        # Numbers of today's form that a company issued, those of other forms, and its expenses' numbers.
        self._issued: defaultdict[Key, array[int]] = defaultdict(lambda: array("Q"))
        self._odd: Tally[tuple[str, str]] = Tally()
        self._expenses = array("Q")
        self._twice: set[tuple[Key, int]] = set()
        self._twice_hashes: set[int] = set()
        self._named: defaultdict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)

    def see(self, document: Document) -> Iterator[Finding]:
        """As `Check.see`."""
        if not is_invoice(document):
            return
        emitted = is_emitted(document)
        yield from _form(document, emitted)
        self._remember(document, emitted)

    def _remember(self, document: Document, emitted: bool) -> None:
        text, company = number_text(document), company_of(document) or ""
        if not text:
            return
        ncf = parse_ncf(text)
        if not emitted:
            if (expense := _expense(document, ncf)) is not None:
                self._expenses.append(_hash(expense))
        elif ncf is None:
            self._odd[company, compact(text)] += 1
        else:
            self._issued[company, ncf.prefix].append(ncf.number)

    def highest(self) -> dict[Key, int]:
        """The highest number of each counter. After all documents were seen."""
        return {key: max(numbers) for key, numbers in self._issued.items()}

    def end(self) -> Iterator[Finding]:
        """As `Check.end`: the numbers skipped. Puts the numbers in order and finds those used twice."""
        for key in sorted(self._issued):
            numbers = sorted(self._issued[key])
            self._twice |= {(key, one) for one, other in pairwise(numbers) if one == other}
            yield from _gaps(key, numbers)
        hashes = sorted(self._expenses)
        self._twice_hashes = {one for one, other in pairwise(hashes) if one == other}

    @property
    def duplicated(self) -> bool:
        """Whether some number seems to be used twice. After `end`."""
        odd = any(count > 1 for count in self._odd.values())
        return bool(self._twice or self._twice_hashes or odd)

    def name(self, document: Document) -> None:
        """An invoice, the second time: keep where it is if its number is used twice."""
        text = number_text(document) if is_invoice(document) else ""
        if not text:
            return
        company, ncf = company_of(document) or "", parse_ncf(text)
        if not is_emitted(document):
            expense = _expense(document, ncf)
            if expense is not None and _hash(expense) in self._twice_hashes:
                self._named["gasto", *expense].append((path_of(document), text))
        elif ncf is not None:
            if ((company, ncf.prefix), ncf.number) in self._twice:
                self._named["emitida", company, ncf.text].append((path_of(document), text))
        elif self._odd[company, compact(text)] > 1:
            self._named["emitida", company, compact(text)].append((path_of(document), text))

    def duplicates(self) -> Iterator[Finding]:
        """The numbers used twice, by company and number. After all invoices went through `name`."""
        for key, found in sorted(self._named.items()):
            if len(found) < 2:  # two numbers of the same hash
                continue
            paths, ncf, count = tuple(path for path, _ in found), found[0][1].strip(), len(found)
            if key[0] == "gasto" and key[2]:
                message = f"El gasto {ncf} del RNC {key[2]} está {count} veces en {_of(key[1])}"
                yield Finding("warning", "duplicate_expense", message, paths, key[1] or None, ncf, count)
            else:
                message = f"El NCF {ncf} de {_of(key[1])} está en {count} facturas"
                yield Finding("error", "duplicate_ncf", message, paths, key[1] or None, ncf, count)


class Counters:
    """The counters against the invoices, themselves, and each other.

    `highest` gives the highest number issued per counter, once all documents were seen; `all_known`:
    whether every counter of the database would have been seen.
    """

    def __init__(self, highest: Callable[[], dict[Key, int]], *, all_known: bool) -> None:
        self._highest = highest
        self._all_known = all_known
        self._found: list[Counter] = []

    def see(self, document: Document) -> Iterable[Finding]:
        """As `Check.see`."""
        counter = counter_in(document)
        if counter is None:
            return ()
        self._found.append(counter)
        return [*_contradiction(counter), *_two_names(counter)]

    def end(self) -> Iterator[Finding]:
        """As `Check.end`."""
        highest = self._highest()
        by_key: defaultdict[Key, list[Counter]] = defaultdict(list)
        for counter in self._found:
            if counter.key is not None:
                by_key[counter.key].append(counter)
        for key, counters in sorted(by_key.items()):
            yield from _behind(key, counters, highest.get(key))
            yield from _differing(key, counters)
        if self._all_known:
            yield from _without(highest, by_key)


def number_text(document: Document) -> str:
    """An invoice's number as text: `invoice_number`, or its mirror `ncf` where that is empty; else ""."""
    for name in ("invoice_number", "ncf"):
        value = document.fields.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _form(document: Document, emitted: bool) -> Iterator[Finding]:
    """What is wrong with the writing of one invoice's numbers."""
    company, path = company_of(document), (path_of(document),)
    number, mirror = (document.fields.get(name) for name in ("invoice_number", "ncf"))
    text = number_text(document)
    ncf = text.strip()
    if not text:
        yield from _no_number(number, emitted, company, path)
        return
    if _differ(number, mirror):
        message = f"Lleva dos números: {number} en invoice_number, {mirror} en ncf"
        yield Finding("warning", "ncf_mirror", message, path, company, ncf)
    problem = ncf_problem(text)
    if problem is not None:
        severity: Severity = "error" if emitted and not _only_spelling(text) else "warning"
        message = f"El NCF {_short(ncf)} {problem}"
        yield Finding(severity, "malformed_ncf", message, path, company, ncf)
    elif parse_ncf(text) is None:
        message = f"El NCF {ncf} es de los que se usaban antes de mayo de 2018"
        yield Finding("note", "old_ncf", message, path, company, ncf)


def _no_number(number: Json, emitted: bool, company: str | None, path: tuple[str, ...]) -> Iterator[Finding]:
    if number not in (None, "") and not isinstance(number, str):
        severity: Severity = "error" if emitted else "warning"
        message = f"El NCF {_short(str(number))} no es texto"
        yield Finding(severity, "malformed_ncf", message, path, company, str(number))
    elif emitted:
        yield Finding("warning", "missing_ncf", "La factura emitida no tiene NCF", path, company)


def _only_spelling(text: str) -> bool:
    """Whether the number is right but for blanks, hyphens and small letters."""
    return ncf_problem(compact(text)) is None


def _differ(number: Json, mirror: Json) -> bool:
    both = isinstance(number, str) and isinstance(mirror, str) and number.strip() and mirror.strip()
    return bool(both) and compact(str(number)) != compact(str(mirror))


def _gaps(key: Key, numbers: list[int]) -> Iterator[Finding]:
    """Numbers between the first and the last that no invoice has: previews took them, or a deletion."""
    skipped = sum(max(0, other - one - 1) for one, other in pairwise(numbers))
    if not skipped:
        return
    company, prefix = key
    ranges = ((one + 1, other - 1) for one, other in pairwise(numbers) if other - one > 1)
    shown = [
        write_ncf(prefix, first)
        if first == last
        else f"{write_ncf(prefix, first)} a {write_ncf(prefix, last)}"
        for first, last in islice(ranges, _SKIPPED_SHOWN)
    ]
    more = next(ranges, None) is not None
    what = "falta 1 número" if skipped == 1 else f"faltan {skipped:,} números"
    message = (
        f"{prefix} de {_of(company)}: {what} entre el {numbers[0]} y el {numbers[-1]}: {', '.join(shown)}"
        f"{'…' if more else ''}"
    )
    yield Finding("note", "gap", message, (), company or None, prefix, skipped)


def _contradiction(counter: Counter) -> Iterator[Finding]:
    """`last_assigned` + 1 should be `next_sequence`; lower, the next invoice repeats a number."""
    last, following = counter.numbers.get("last_assigned"), counter.numbers.get("next_sequence")
    if last is None or following is None or last == following:
        return
    company, prefix = counter.key or (None, "")
    said = f"el último (last_assigned) es {last} y el siguiente (next_sequence), {following + 1}"
    message = f"{_title(counter)}: {said}"
    severity: Severity = "warning"
    if following < last:
        severity, message = "error", f"{message}, que ya se usó"
    yield Finding(severity, "counter_fields", message, (path_of(counter.document),), company, prefix)


def _two_names(counter: Counter) -> Iterator[Finding]:
    """The id says one thing, the fields another."""
    named, key = id_key(counter.document), counter.key
    if named is None or key is None or key == named:
        return
    message = f"{_title(counter)}: así lo dicen sus campos; su id dice {named[1]} de {_of(named[0])}"
    yield Finding("warning", "counter_fields", message, (path_of(counter.document),), *key)


def _behind(key: Key, counters: list[Counter], highest: int | None) -> Iterator[Finding]:
    for counter in counters:
        if highest is not None and counter.effective < highest:
            message = (
                f"{_title(counter)}: va por {counter.effective}, y ya hay una factura con el "
                f"{write_ncf(key[1], highest)}"
            )
            yield Finding("error", "counter_behind", message, (path_of(counter.document),), *key)


def _differing(key: Key, counters: list[Counter]) -> Iterator[Finding]:
    if len({counter.effective for counter in counters}) > 1:
        said = ", ".join(f"{path_of(counter.document)} dice {counter.effective}" for counter in counters)
        paths = tuple(path_of(counter.document) for counter in counters)
        message = f"Contador {key[1]} de {_of(key[0])}: {said}"
        yield Finding("warning", "counters_differ", message, paths, *key, len(paths))


def _without(highest: dict[Key, int], by_key: dict[Key, list[Counter]]) -> Iterator[Finding]:
    for key in sorted(highest.keys() - by_key.keys()):
        company, prefix = key
        if company:
            message = f"{prefix} de {_of(company)}: hay facturas hasta el {highest[key]} y ningún contador"
            yield Finding("note", "counter_missing", message, (), company, prefix)


def _title(counter: Counter) -> str:
    if counter.key is None:
        return f"Contador «{path_of(counter.document)}»"
    return f"Contador {counter.key[1]} de {_of(counter.key[0])}"


def _of(company: str) -> str:
    return f"la empresa {company}" if company else "una empresa sin identificar"


def _expense(document: Document, ncf: Ncf | None) -> tuple[str, str, str] | None:
    """Company, supplier and number: an expense is the same where all three are.

    The supplier is "" where the number is the company's own; None where nothing tells expenses apart.
    """
    company, number = company_of(document) or "", compact(number_text(document))
    if ncf is not None and given_by_buyer(ncf):
        return company, "", ncf.text
    supplier = document.fields.get("rnc")
    supplier = str(supplier) if type(supplier) is int else supplier
    if not isinstance(supplier, str) or not supplier.strip() or not any(map(str.isdigit, number)):
        return None
    return company, compact(supplier), number


def _hash(parts: tuple[str, ...]) -> int:
    data = "\0".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
