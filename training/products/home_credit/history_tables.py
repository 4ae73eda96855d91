"""The columns of the six history tables: the records of the credit bureau and the lender about a client."""

from __future__ import annotations

from training.product import Column, Table
from training.products.home_credit.applications import NO_DATE, WEEKDAYS

_UNKNOWN = ("XNA",)
"""Not available. `XAP` (does not apply) is a level, because a loan that was not refused has no reason for refusal."""

_CLIENT = Column("SK_ID_CURR", "integer", "Application of the client whom the row is about.")
_PREVIOUS = Column("SK_ID_PREV", "integer", "Number of an earlier application to this lender.")
_BUREAU = Column("SK_ID_BUREAU", "integer", "Number of a loan known to the credit bureau.")
_MONTH = Column(
    "MONTHS_BALANCE", "integer", "Month of the balance, counted from the application; -1 is the last.", "months"
)
_PAST_DUE = Column("SK_DPD", "integer", "Days past due in the month.", "days")
_PAST_DUE_TOLERANT = Column("SK_DPD_DEF", "integer", "Days past due in the month, small debts left aside.", "days")
_STATUS = Column("NAME_CONTRACT_STATUS", "text", "State of the contract in the month.", anomalies=_UNKNOWN)

_CLIENTS = ("application_train", "application_test")
_OF_CLIENT = {"SK_ID_CURR": _CLIENTS}
_OF_PREVIOUS = {"SK_ID_CURR": _CLIENTS, "SK_ID_PREV": ("previous_application",)}


def _text(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, "text", description, nullable=nullable, anomalies=_UNKNOWN)


def _amount(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, "real", description, "currency", nullable=nullable)


def _count(name: str, description: str) -> Column:
    return Column(name, "real", description, nullable=True)


def _date(name: str, description: str) -> Column:
    return Column(
        name, "real", f"{description}, counted from the application.", "days", nullable=True, anomalies=(NO_DATE,)
    )


BUREAU = Table(
    "bureau",
    "Loans of the client elsewhere, as other lenders reported them to the credit bureau.",
    (
        _CLIENT,
        _BUREAU,
        Column("CREDIT_ACTIVE", "text", "State of the loan: active, closed, sold or given up."),
        Column("CREDIT_CURRENCY", "text", "Currency of the loan, under a made-up name."),
        Column("DAYS_CREDIT", "integer", "When the loan was applied for, counted from the application.", "days"),
        Column("CREDIT_DAY_OVERDUE", "integer", "Days past due at the time of the application.", "days"),
        Column(
            "DAYS_CREDIT_ENDDATE",
            "real",
            "When the loan is to end, counted from the application; negative has passed.",
            "days",
            nullable=True,
        ),
        Column(
            "DAYS_ENDDATE_FACT",
            "real",
            "When a closed loan did end, counted from the application.",
            "days",
            nullable=True,
        ),
        _amount("AMT_CREDIT_MAX_OVERDUE", "Largest amount ever overdue on the loan.", nullable=True),
        Column("CNT_CREDIT_PROLONG", "integer", "How often the loan was prolonged."),
        _amount("AMT_CREDIT_SUM", "Amount of the loan.", nullable=True),
        _amount("AMT_CREDIT_SUM_DEBT", "What is still owed on the loan.", nullable=True),
        _amount("AMT_CREDIT_SUM_LIMIT", "Limit of the credit card.", nullable=True),
        _amount("AMT_CREDIT_SUM_OVERDUE", "Amount overdue at the time of the application."),
        Column("CREDIT_TYPE", "text", "Kind of loan: consumer credit, card, car, mortgage and so on."),
        Column(
            "DAYS_CREDIT_UPDATE", "integer", "When the bureau last heard of it, counted from the application.", "days"
        ),
        _amount("AMT_ANNUITY", "What is paid on the loan each period.", nullable=True),
    ),
    key="SK_ID_BUREAU",
    parents=_OF_CLIENT,
)

BUREAU_BALANCE = Table(
    "bureau_balance",
    "The state of the bureau's loans, month by month.",
    (
        _BUREAU,
        _MONTH,
        Column(
            "STATUS",
            "text",
            "State in the month: 0 on time, 1 to 5 ever later (5 over 120 days, or lost), C closed, X unknown.",
            levels=("0", "1", "2", "3", "4", "5", "C", "X"),
        ),
    ),
    parents={"SK_ID_BUREAU": ("bureau",)},
)

PREVIOUS_APPLICATION = Table(
    "previous_application",
    "Earlier applications of the client to this lender, granted or not.",
    (
        _PREVIOUS,
        _CLIENT,
        _text("NAME_CONTRACT_TYPE", "Product: cash, consumer or revolving loan."),
        _amount("AMT_ANNUITY", "What was to be paid each period.", nullable=True),
        _amount("AMT_APPLICATION", "Amount asked for."),
        _amount("AMT_CREDIT", "Amount offered in the end.", nullable=True),
        _amount("AMT_DOWN_PAYMENT", "Down payment.", nullable=True),
        _amount("AMT_GOODS_PRICE", "Price of the goods to be paid for.", nullable=True),
        Column("WEEKDAY_APPR_PROCESS_START", "text", "Weekday of the earlier application.", levels=WEEKDAYS),
        Column(
            "HOUR_APPR_PROCESS_START", "integer", "Hour of the earlier application, 0 to 23.", levels=tuple(range(24))
        ),
        Column(
            "FLAG_LAST_APPL_PER_CONTRACT",
            "text",
            "Y if it was the last application for its contract.",
            levels=("N", "Y"),
        ),
        Column(
            "NFLAG_LAST_APPL_IN_DAY", "integer", "1 if it was the client's last of that day, else 0.", levels=(0, 1)
        ),
        Column("RATE_DOWN_PAYMENT", "real", "Down payment as a share of the credit, scaled.", "share", nullable=True),
        Column("RATE_INTEREST_PRIMARY", "real", "Interest rate, scaled to 0 to 1.", nullable=True),
        Column("RATE_INTEREST_PRIVILEGED", "real", "Reduced interest rate, scaled to 0 to 1.", nullable=True),
        _text("NAME_CASH_LOAN_PURPOSE", "What the cash was for; XAP where the loan was not in cash."),
        Column("NAME_CONTRACT_STATUS", "text", "What became of it: approved, refused, cancelled or not taken up."),
        Column("DAYS_DECISION", "integer", "When it was decided, counted from the present application.", "days"),
        _text("NAME_PAYMENT_TYPE", "How the client chose to pay."),
        _text("CODE_REJECT_REASON", "Why it was refused; XAP where it was not."),
        Column("NAME_TYPE_SUITE", "text", "Who came along when the client applied.", nullable=True),
        _text("NAME_CLIENT_TYPE", "Whether the client was new then or had borrowed before."),
        _text("NAME_GOODS_CATEGORY", "What kind of goods were to be paid for."),
        _text("NAME_PORTFOLIO", "Line of business: point of sale, cash, cards, cars."),
        _text("NAME_PRODUCT_TYPE", "Whether the lender had offered it (x-sell) or the client walked in."),
        Column("CHANNEL_TYPE", "text", "Through which channel the client came."),
        Column(
            "SELLERPLACE_AREA", "integer", "Size of the seller's place, by its area; -1 where unknown.", anomalies=(-1,)
        ),
        _text("NAME_SELLER_INDUSTRY", "Trade of the seller."),
        _count("CNT_PAYMENT", "Number of instalments agreed."),
        _text("NAME_YIELD_GROUP", "Interest rate in groups, from low to high."),
        Column("PRODUCT_COMBINATION", "text", "The product in detail.", nullable=True),
        _date("DAYS_FIRST_DRAWING", "First payment out"),
        _date("DAYS_FIRST_DUE", "First instalment due"),
        _date("DAYS_LAST_DUE_1ST_VERSION", "Last instalment due by the first calendar"),
        _date("DAYS_LAST_DUE", "Last instalment due"),
        _date("DAYS_TERMINATION", "End of the contract"),
        _count("NFLAG_INSURED_ON_APPROVAL", "1 if the client asked for an insurance, else 0."),
    ),
    key="SK_ID_PREV",
    parents=_OF_CLIENT,
)

POS_CASH_BALANCE = Table(
    "POS_CASH_balance",
    "The state of the client's earlier consumer and cash loans with this lender, month by month.",
    (
        _PREVIOUS,
        _CLIENT,
        _MONTH,
        _count("CNT_INSTALMENT", "Number of instalments agreed, as of the month."),
        _count("CNT_INSTALMENT_FUTURE", "Instalments still to come."),
        _STATUS,
        _PAST_DUE,
        _PAST_DUE_TOLERANT,
    ),
    parents=_OF_PREVIOUS,
)

CREDIT_CARD_BALANCE = Table(
    "credit_card_balance",
    "The state of the client's earlier credit cards with this lender, month by month.",
    (
        _PREVIOUS,
        _CLIENT,
        _MONTH,
        _amount("AMT_BALANCE", "What was owed on the card."),
        Column("AMT_CREDIT_LIMIT_ACTUAL", "integer", "Limit of the card.", "currency"),
        _amount("AMT_DRAWINGS_ATM_CURRENT", "Drawn at cash machines in the month.", nullable=True),
        _amount("AMT_DRAWINGS_CURRENT", "Drawn in the month."),
        _amount("AMT_DRAWINGS_OTHER_CURRENT", "Drawn in other ways in the month.", nullable=True),
        _amount("AMT_DRAWINGS_POS_CURRENT", "Spent in shops in the month.", nullable=True),
        _amount("AMT_INST_MIN_REGULARITY", "Least to be paid in the month.", nullable=True),
        _amount("AMT_PAYMENT_CURRENT", "Paid by the client in the month.", nullable=True),
        _amount("AMT_PAYMENT_TOTAL_CURRENT", "Paid in the month in all."),
        _amount("AMT_RECEIVABLE_PRINCIPAL", "Principal still to be received."),
        _amount("AMT_RECIVABLE", "Still to be received, principal and interest."),
        _amount("AMT_TOTAL_RECEIVABLE", "Still to be received in all, fees included."),
        _count("CNT_DRAWINGS_ATM_CURRENT", "Times cash was drawn in the month."),
        Column("CNT_DRAWINGS_CURRENT", "integer", "Times the card was used in the month."),
        _count("CNT_DRAWINGS_OTHER_CURRENT", "Times the card was used in other ways in the month."),
        _count("CNT_DRAWINGS_POS_CURRENT", "Times the card was used in shops in the month."),
        _count("CNT_INSTALMENT_MATURE_CUM", "Instalments paid so far."),
        _STATUS,
        _PAST_DUE,
        _PAST_DUE_TOLERANT,
    ),
    parents=_OF_PREVIOUS,
)

INSTALLMENTS_PAYMENTS = Table(
    "installments_payments",
    "Instalments of the client's earlier loans with this lender, due and paid.",
    (
        _PREVIOUS,
        _CLIENT,
        Column("NUM_INSTALMENT_VERSION", "real", "Version of the payment calendar; 0 is a credit card."),
        Column("NUM_INSTALMENT_NUMBER", "integer", "Which instalment of the loan it is."),
        Column("DAYS_INSTALMENT", "real", "When it was due, counted from the application.", "days"),
        Column("DAYS_ENTRY_PAYMENT", "real", "When it was paid, counted from the application.", "days", nullable=True),
        _amount("AMT_INSTALMENT", "What was due."),
        _amount("AMT_PAYMENT", "What was paid.", nullable=True),
    ),
    parents=_OF_PREVIOUS,
)

TABLES = (
    BUREAU,
    BUREAU_BALANCE,
    PREVIOUS_APPLICATION,
    POS_CASH_BALANCE,
    CREDIT_CARD_BALANCE,
    INSTALLMENTS_PAYMENTS,
)
"""All six, parents before children."""
