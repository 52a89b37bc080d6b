"""A query's `where` as a predicate over a document's fields. Pure; raises `Refusal`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

from facot_backups import protocol
from facot_backups.emulator import order
from facot_backups.emulator.order import FieldPath, SortKey, sort_key
from facot_backups.emulator.refusals import invalid

# Takes the map of fields and the document's own name as a reference value.
Predicate: TypeAlias = Callable[[Any, protocol.Message], bool]
_Test: TypeAlias = Callable[[protocol.Message], bool]

_LESS, _LESS_EQUAL, _GREATER, _GREATER_EQUAL = 1, 2, 3, 4
_EQUAL, _NOT_EQUAL, _CONTAINS, _IN, _CONTAINS_ANY, _NOT_IN = 5, 6, 7, 8, 9, 10
_IS_NAN, _IS_NULL, _IS_NOT_NAN, _IS_NOT_NULL = 2, 3, 4, 5
_AND, _OR = 1, 2
_MOST_ITEMS = 30
_NEGATIONS = frozenset({"NOT_EQUAL", "NOT_IN", "IS_NOT_NAN", "IS_NOT_NULL"})
_INEQUALITIES = frozenset({_LESS, _LESS_EQUAL, _GREATER, _GREATER_EQUAL, _NOT_EQUAL, _NOT_IN})


def conjuncts(where: protocol.Message) -> list[protocol.Message]:
    """The filters that must all hold: `where` itself, or the parts of an AND, flattened."""
    kind = where.WhichOneof("filter_type")
    if kind is None:
        return []
    if kind == "composite_filter" and where.composite_filter.op == _AND:
        return [leaf for part in where.composite_filter.filters for leaf in conjuncts(part)]
    return [where]


def inequality_fields(where: protocol.Message) -> list[FieldPath]:
    """The fields under an inequality, in their own order: a query is also ordered by them.

    A part of an OR that nothing can fulfil is as if it were not there.
    """
    kind = where.WhichOneof("filter_type")
    if kind == "composite_filter":
        parts = list(where.composite_filter.filters)
        if where.composite_filter.op == _OR:
            parts = [part for part in parts if not _is_hopeless(part)]
        return sorted({path for part in parts for path in inequality_fields(part)})
    if kind == "unary_filter" and where.unary_filter.op in (_IS_NOT_NAN, _IS_NOT_NULL):
        return [order.parse_field_path(where.unary_filter.field.field_path)]
    if kind == "field_filter" and where.field_filter.op in _INEQUALITIES:
        return [order.parse_field_path(where.field_filter.field.field_path)]
    return []


def _is_hopeless(where: protocol.Message) -> bool:
    """Whether no document can fulfil it: it compares with null or NaN."""
    kind = where.WhichOneof("filter_type")
    if kind == "composite_filter":
        among = all if where.composite_filter.op == _OR else any
        return among(_is_hopeless(part) for part in where.composite_filter.filters)
    if kind != "field_filter":
        return False
    leaf = where.field_filter
    if leaf.op in (_IN, _CONTAINS_ANY):
        return not any(_comparable(item) for item in leaf.value.array_value.values)
    return leaf.op not in (_NOT_EQUAL, _NOT_IN) and not _comparable(leaf.value)


def fields(where: protocol.Message) -> list[FieldPath]:
    """Every field that `where` filters on."""
    kind = where.WhichOneof("filter_type")
    if kind is None:
        return []
    if kind == "composite_filter":
        return [field for part in where.composite_filter.filters for field in fields(part)]
    return [order.parse_field_path(getattr(where, kind).field.field_path)]


def check_operators(where: protocol.Message) -> None:
    """Refuse operators that no query may combine."""
    used = _operators(where)
    negations = [operator for operator in used if operator in _NEGATIONS]
    if len(negations) > 1:
        raise invalid("Only a single NOT_EQUAL, NOT_IN, IS_NOT_NAN, or IS_NOT_NULL filter allowed per query.")
    if "NOT_IN" in used and {"IN", "ARRAY_CONTAINS_ANY", "OR"} & set(used):
        raise invalid("NOT_IN cannot be used in the same query with IN, ARRAY_CONTAINS_ANY or OR.")
    shape = _shape(where)
    if shape.terms > _MOST_ITEMS:
        raise invalid(f"A query cannot have more than {_MOST_ITEMS} disjunctions.")
    if shape.containments > 1:
        raise invalid("Only one ARRAY_CONTAINS or ARRAY_CONTAINS_ANY filter is allowed per disjunction.")


class _Shape(NamedTuple):
    """What a filter is in disjunctive normal form: its terms, and the array filters that one of them has."""

    terms: int
    containments: int


def _shape(where: protocol.Message) -> _Shape:
    kind = where.WhichOneof("filter_type")
    if kind == "composite_filter" and where.composite_filter.filters:
        parts = [_shape(part) for part in _different(map(_plain, where.composite_filter.filters))]
        if where.composite_filter.op == _OR:
            return _Shape(sum(part.terms for part in parts), max(part.containments for part in parts))
        return _Shape(math.prod(part.terms for part in parts), sum(part.containments for part in parts))
    if kind != "field_filter":
        return _Shape(1, 0)
    leaf = where.field_filter
    listed = len(_different(leaf.value.array_value.values)) if leaf.op in (_IN, _CONTAINS_ANY) else 1
    return _Shape(listed, int(leaf.op in (_CONTAINS, _CONTAINS_ANY)))


def _plain(part: protocol.Message) -> protocol.Message:
    """A filter with each value of its list once and in an order of their own."""
    if part.WhichOneof("filter_type") != "field_filter" or part.field_filter.op not in (_IN, _CONTAINS_ANY):
        return part
    plain = protocol.StructuredQuery.Filter()
    plain.CopyFrom(part)
    values = sorted(_different(part.field_filter.value.array_value.values), key=sort_key)
    plain.field_filter.value.CopyFrom(protocol.Value(array_value=protocol.ArrayValue(values=values)))
    return plain


def _different(messages: Iterable[protocol.Message]) -> list[protocol.Message]:
    """Each of the messages once."""
    return list({message.SerializeToString(deterministic=True): message for message in messages}.values())


def _operators(where: protocol.Message) -> list[str]:
    """The names of the operators in `where`, of all its parts."""
    kind = where.WhichOneof("filter_type")
    if kind is None:
        return []
    leaf = getattr(where, kind)
    own = leaf.DESCRIPTOR.fields_by_name["op"].enum_type.values_by_number.get(leaf.op)
    inner = leaf.filters if kind == "composite_filter" else ()
    return [own.name if own else "", *[name for part in inner for name in _operators(part)]]


def compile_filter(where: protocol.Message) -> Predicate:
    """The predicate of one filter, of any form."""
    kind = where.WhichOneof("filter_type")
    if kind == "composite_filter":
        return _composite(where.composite_filter)
    if kind == "unary_filter":
        return _on_field(where.unary_filter.field, _unary(where.unary_filter.op))
    if kind == "field_filter":
        return _on_field(where.field_filter.field, _comparison(where.field_filter))
    raise invalid("A filter is empty.")


def _composite(composite: protocol.Message) -> Predicate:
    parts = [compile_filter(part) for part in composite.filters]
    if composite.op not in (_AND, _OR) or not parts:
        raise invalid("A composite filter needs an operator and filters.")
    combine = all if composite.op == _AND else any
    return lambda fields, name: combine(part(fields, name) for part in parts)


def _on_field(field: protocol.Message, test: _Test) -> Predicate:
    path = order.parse_field_path(field.field_path)
    if path == order.NAME:
        return lambda _fields, name: test(name)

    def check(fields: Any, _name: protocol.Message) -> bool:
        value = order.lookup(fields, path)
        return value is not None and test(value)

    return check


def _unary(operator: int) -> _Test:
    tests: dict[int, _Test] = {
        _IS_NAN: order.is_nan,
        _IS_NULL: order.is_null,
        _IS_NOT_NAN: lambda value: not order.is_nan(value) and not order.is_null(value),
        _IS_NOT_NULL: lambda value: not order.is_null(value),
    }
    if operator not in tests:
        raise invalid("A unary filter has no operator.")
    return tests[operator]


def _comparison(field_filter: protocol.Message) -> _Test:
    operator, value = field_filter.op, field_filter.value
    if operator in (_IN, _CONTAINS_ANY, _NOT_IN):
        return _membership(operator, value)
    if operator == _NOT_EQUAL:
        return _none_of([value])
    if not _comparable(value):
        return lambda _found: False
    wanted = sort_key(value)
    if operator == _CONTAINS:
        return lambda found: wanted in _elements(found)
    if operator == _EQUAL:
        return lambda found: sort_key(found) == wanted
    if operator not in _RANGES:
        raise invalid("A field filter has no operator.")
    compare = _RANGES[operator]

    def in_range(found: protocol.Message) -> bool:
        key = sort_key(found)
        same_kind = order.kind_rank(key) == order.kind_rank(wanted)
        return same_kind and _comparable(found) and compare(key, wanted)

    return in_range


def _comparable(value: protocol.Message) -> bool:
    """As in SQL, null and NaN are equal to nothing, and neither before nor after anything."""
    return not order.is_null(value) and not order.is_nan(value)


def _membership(operator: int, value: protocol.Message) -> _Test:
    items = list(value.array_value.values)
    if value.WhichOneof("value_type") != "array_value" or not 0 < len(items) <= _MOST_ITEMS:
        raise invalid(f"IN, NOT_IN and ARRAY_CONTAINS_ANY need an array of 1 to {_MOST_ITEMS} values.")
    if operator == _NOT_IN:
        return _none_of(items)
    wanted = [sort_key(item) for item in items if _comparable(item)]
    if operator == _CONTAINS_ANY:
        return lambda found: any(key in wanted for key in _elements(found))
    return lambda found: sort_key(found) in wanted


def _none_of(items: list[protocol.Message]) -> _Test:
    """That a value exists and is none of `items`: never known where null is one of them."""
    if any(order.is_null(item) for item in items):
        return lambda _found: False
    unwanted = [sort_key(item) for item in items if _comparable(item)]
    return lambda found: not order.is_null(found) and sort_key(found) not in unwanted


def _elements(found: protocol.Message) -> list[SortKey]:
    if found.WhichOneof("value_type") != "array_value":
        return []
    return [sort_key(item) for item in found.array_value.values]


_RANGES: dict[int, Callable[[SortKey, SortKey], bool]] = {
    _LESS: lambda found, wanted: found < wanted,
    _LESS_EQUAL: lambda found, wanted: found <= wanted,
    _GREATER: lambda found, wanted: found > wanted,
    _GREATER_EQUAL: lambda found, wanted: found >= wanted,
}
