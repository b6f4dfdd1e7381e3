"""
Our own expectations, in the way Great Expectations has for them.

Importing this module makes them known; a suite then names them like any other:
``{"type": "expect_no_flag", "kwargs": {"column": "duplicate"}}``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from great_expectations.execution_engine.pandas_execution_engine import (
    PandasExecutionEngine,
)
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (  # noqa: E501
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (  # noqa: E501
    ColumnMapMetricProvider,
)

if TYPE_CHECKING:
    import pandas as pd


class FlagUnset(ColumnMapMetricProvider):
    """Whether a flag of the feature table is 0; null is not judged."""

    condition_metric_name = "column_values.flag_unset"

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series[Any], **kwargs: Any) -> pd.Series[bool]:  # noqa: N805
        return column == 0


class ExpectNoFlag(ColumnMapExpectation):
    """
    Expect that no row has the flag in *column*, or with *mostly* nearly none.

    The rows that have it are the unexpected ones.
    """

    map_metric = "column_values.flag_unset"
