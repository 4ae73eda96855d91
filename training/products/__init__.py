"""Which product a folder is of. The products that come with Credence are folders here; training never imports them."""

from __future__ import annotations

from pathlib import Path

from training.product import Product, ProductError
from training.product.definition import NAME, parse
from training.products.home_credit import PRODUCT as HOME_CREDIT


def product_of(directory: Path) -> Product:
    """The product of the tables in a folder: that of its `product.toml`, or Home Credit without one.

    Raises ProductError if the definition cannot be read or contradicts itself.
    """
    try:
        return parse((directory / NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return HOME_CREDIT
    except (OSError, UnicodeDecodeError) as error:
        raise ProductError(NAME, "a file in UTF-8 that may be read", str(error)) from error
