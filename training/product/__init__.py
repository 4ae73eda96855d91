"""What a lender lends and asks, as one value that checks itself: all that another lender would replace.

Training is handed a product. Serving and monitoring read what they need from the bundle.
"""

from training.product.columns import KINDS, Column, FormField, Kind, Table
from training.product.history import HistoryFeature, HistorySource
from training.product.product import Product, ProductError, Ratio, SummaryFeature

__all__ = [
    "KINDS",
    "Column",
    "FormField",
    "HistoryFeature",
    "HistorySource",
    "Kind",
    "Product",
    "ProductError",
    "Ratio",
    "SummaryFeature",
    "Table",
]
