"""What a query may cost, known before anything of it runs.

Depth, aliases and repetition are read from the document alone, and before it is validated:
validating a document made to be slow is slow. The cost also depends on the variables.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_list_type,
)

from core.errors import TooCostly
from web.keyset import SIZE
from web.rates import spend


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`length` in characters, `repeats` of one name in one selection, `cost` in fields."""

    length: int = 50_000
    tokens: int = 2_000
    depth: int = 12
    aliases: int = 30
    repeats: int = 10
    cost: int = 10_000


LIST = 10  # things in a list that is not paged, for the estimate
INTROSPECTION = 1_000  # fields that a look at the schema counts for


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }


def check_shape(document: DocumentNode, limits: Limits) -> None:
    """Raise TooCostly for what is too deep or repeats itself; any document, also an invalid one."""
    shape = _Shape(document, limits.repeats)
    depth, aliases = shape.of_document(document)
    if depth > limits.depth:
        raise TooCostly(f"查询嵌套了 {depth} 层，最多 {limits.depth} 层；请分几次查询。")
    if aliases > limits.aliases:
        raise TooCostly(f"查询用了 {aliases} 个别名，最多 {limits.aliases} 个；请分几次查询。")


class _Shape:
    """Depth and number of aliases, with fragments counted wherever they are spread."""

    def __init__(self, document: DocumentNode, repeats: int) -> None:
        self._fragments = fragments_of(document)
        self._repeats = repeats
        self._known: dict[str, tuple[int, int]] = {}

    def of_document(self, document: DocumentNode) -> tuple[int, int]:
        for name in self._fragments:
            self._of_fragment(name)  # also one that nobody spreads is validated
        found = [
            self._of(one.selection_set)
            for one in document.definitions
            if isinstance(one, OperationDefinitionNode)
        ]
        return max((one[0] for one in found), default=0), max((one[1] for one in found), default=0)

    def _of(self, selected: SelectionSetNode) -> tuple[int, int]:
        self._check_repeats(selected)
        depth = aliases = 0
        for one in selected.selections:
            if isinstance(one, FieldNode):
                below, more = self._of_field(one)
            elif isinstance(one, FragmentSpreadNode):
                below, more = self._of_fragment(one.name.value)
            else:
                assert isinstance(one, InlineFragmentNode)
                below, more = self._of(one.selection_set)
            depth, aliases = max(depth, below), aliases + more
        return depth, aliases

    def _of_field(self, field: FieldNode) -> tuple[int, int]:
        alias = 1 if field.alias else 0
        if field.selection_set is None:
            return 1, alias
        below, more = self._of(field.selection_set)
        if field.name.value in ("__schema", "__type"):  # has a rule of its own
            below = 0
        return below + 1, alias + more

    def _of_fragment(self, name: str) -> tuple[int, int]:
        if name not in self._known:
            self._known[name] = 0, 0  # a circle ends here; validation refuses it
            if name in self._fragments:
                self._known[name] = self._of(self._fragments[name].selection_set)
        return self._known[name]

    def _check_repeats(self, selected: SelectionSetNode) -> None:
        names = Counter(
            (one.alias or one.name).value
            for one in selected.selections
            if isinstance(one, FieldNode)
        )
        for name, times in names.most_common(1):
            if times > self._repeats:
                raise TooCostly(f"同一处把 {name} 写了 {times} 次，最多 {self._repeats} 次。")


def check_cost(cost: int, limits: Limits) -> None:
    """Raise TooCostly if the answer could have too many fields, RateLimited if the caller has spent
    too much lately."""
    if cost > limits.cost:
        raise TooCostly(
            f"这个查询的开销是 {cost}，最多 {limits.cost}；请减小 first 或 last，或少嵌套一层列表。"
        )
    spend(cost)


#: The variables of an operation as whole numbers, None where they are none: page sizes may come so.
Numbers: TypeAlias = tuple[tuple[str, int | None], ...]


def numbers_of(operation: OperationDefinitionNode, variables: Mapping[str, Any] | None) -> Numbers:
    given = variables or {}
    declared = ((one.variable.name.value, one) for one in operation.variable_definitions or ())
    return tuple(
        (name, _plain_number(given[name]) if name in given else _number(one.default_value))
        for name, one in declared
    )


class Cost:
    """Fields that the answer could have: nested lists multiply. For a valid document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, numbers: Numbers) -> None:
        self._schema = schema
        self._fragments = fragments_of(document)
        self._variables = dict(numbers)
        self._known: dict[tuple[str, int | None], int] = {}

    def of_operation(self, operation: OperationDefinitionNode) -> int:
        root = self._schema.get_root_type(operation.operation)
        return self._of(operation.selection_set, root, None)

    def _of(self, selected: SelectionSetNode, parent: Any, page: int | None) -> int:
        """`page` is the size of the connection whose fields these are."""
        cost = 0
        for one in selected.selections:
            if isinstance(one, FieldNode):
                cost += self._of_field(one, parent, page)
            elif isinstance(one, FragmentSpreadNode):
                cost += self._of_fragment(one.name.value, page)
            else:
                assert isinstance(one, InlineFragmentNode)
                condition = one.type_condition
                inside = self._schema.type_map[condition.name.value] if condition else parent
                cost += self._of(one.selection_set, inside, page)
        return cost

    def _of_fragment(self, name: str, page: int | None) -> int:
        if (name, page) not in self._known:
            fragment = self._fragments[name]
            inside = self._schema.type_map[fragment.type_condition.name.value]
            self._known[name, page] = self._of(fragment.selection_set, inside, page)
        return self._known[name, page]

    def _of_field(self, node: FieldNode, parent: Any, page: int | None) -> int:
        name = node.name.value
        if name.startswith("__"):
            return INTROSPECTION if node.selection_set else 1
        field: GraphQLField = parent.fields[name]
        if node.selection_set is None:
            return 1
        inside = self._of(node.selection_set, get_named_type(field.type), self._page(node, field))
        kind = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        times = (page or LIST) if is_list_type(kind) else 1
        return times * (1 + inside)

    def _page(self, node: FieldNode, field: GraphQLField) -> int | None:
        """The page size that a connection field asks for; None for other fields."""
        if not {"first", "last"} & field.args.keys():
            return None
        sizes = [
            size
            for one in node.arguments or ()
            if one.name.value in ("first", "last")
            and (size := _number(one.value, self._variables)) is not None
        ]
        return max(1, *sizes) if sizes else SIZE


def _number(
    node: ValueNode | None, variables: Mapping[str, int | None] | None = None
) -> int | None:
    if isinstance(node, VariableNode):
        return (variables or {}).get(node.name.value)
    return int(node.value) if isinstance(node, IntValueNode) else None


def _plain_number(value: Any) -> int | None:
    """Whole numbers may come as 100.0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return math.ceil(value)
