"""What the codes for a document's type (BT-3, UNTDID 1001; FatturaPA's TipoDocumento) mean in the books."""

from smeflow.records import InvoiceKind

_CODES: dict[InvoiceKind, str] = {
    # 380 and its relatives of the EN 16931 code list: debit notes, partial, hire, tax, factored invoices.
    "invoice": (
        "380 80 82 84 130 202 203 204 211 218 219 295 326 331 382 383 385 387 388 390 393 394 395 456 457 "
        "527 553 575 623 633 751 780 817 870 875 876 877 935 TD01 TD05 TD06 TD24 TD25 TD26"
    ),
    "credit_note": "381 81 83 261 262 296 308 396 420 458 502 503 532 TD04 TD08",
    "corrected": "384 471 472 473",
    "prepayment": "386 500 TD02 TD03",
    "self_billed": "389 501 TD16 TD17 TD18 TD19 TD20 TD27",
}
KINDS: dict[str, InvoiceKind] = {code: kind for kind, codes in _CODES.items() for code in codes.split()}
"""Code to kind. A code that is not here (325 pro forma, 220 order, 351 despatch advice) is never booked."""
