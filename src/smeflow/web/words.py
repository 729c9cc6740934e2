"""The words of the desk's own pages, in the language of the firm, and how it writes amounts and days."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from smeflow._text import mask_addresses
from smeflow.i18n import Language, Phrase, localized, say
from smeflow.money import Money

WORDS: Mapping[str, Phrase] = {
    "today": say("Today"),
    "to_see": say("To look at"),
    "search": say("Search"),
    "search_hint": say("An amount, a name, a number…"),
    "skip": say("To the content"),
    "for_you": say("For you to look at"),
    "money_first": say("accounts to confirm, what is due and the most money first"),
    "nothing_waits": say("Nothing waits for you."),
    "nothing_yet": say("Nothing came in yet. Drop a file here, or let smeflow watch look into your folder."),
    "came_in": say("Came in last"),
    "all_waiting": say("All {n} that wait"),
    "next_first": say("Begin with the first"),
    "drop": say("Drop invoices, photos or mails here"),
    "choose": say("or choose files"),
    "into": say("for the recipe"),
    "send": say("Take them in"),
    "no_folder": say("No recipe here reads a folder. Make one with: smeflow init"),
    "month_done": say("done this month"),
    "month_alone": say("of them without you"),
    "month_waiting": say("wait for your answer"),
    "month_spent": say("spent on models this month"),
    "working": say("smeflow is reading…"),
    "due": say("due {day}"),
    "was_due": say("was due {day}"),
    "came": say("came {day}"),
    "found": say("{n} found for “{what}”"),
    "not_found": say(
        "Nothing has all these words: “{what}”. The words of pages are not searched, only what was read."
    ),
    "asked": say("Why you are asked"),
    "more_reasons": say("More reasons: {n}"),
    "until": say("Until you answer it goes into no table and no books."),
    "state_is": say("It is {state}."),
    "paper": say("The document"),
    "paper_comes": say("The page is being drawn…"),
    "paper_alone": say("Show the page"),
    "page_of": say("Page {page} of {name}"),
    "fields": say("What was read"),
    "given": say("What {step} gave"),
    "no_fields": say("Nothing was read."),
    "instead": say("Instead of what was read"),
    "checks_passed": say("{n} checks passed"),
    "checks_failed": say("against it: {names}"),
    "checks_not_run": say("not checked: {names}"),
    "remarks": say("Remarks"),
    "lines_of": say("{word}, {n} rows"),
    "note": say("Note"),
    "note_hint": say("It is kept with your decision."),
    "how_checked": say("How did you check it? (a call, a contract…)"),
    "wanted": say("Is the step {step} wanted?"),
    "yes": say("yes"),
    "no": say("no"),
    "accept": say("Accept"),
    "correct": say("Correct"),
    "save": say("Keep corrections"),
    "reject": say("Refuse"),
    "why_reject": say("Why is it refused?"),
    "again": say("Ask again"),
    "again_hint": say("The next run asks once more. This may cost."),
    "next": say("Later"),
    "previous": say("Back"),
    "keys": say("Keys"),
    "cancel": say("Close"),
    "keys_on": say("Single keys decide"),
    "key_accept": say("accept, or keep corrections"),
    "key_correct": say("go to the first field in doubt"),
    "key_reject": say("refuse"),
    "key_move": say("next and previous item"),
    "key_rival": say("take the other value of the field you are in"),
    "key_search": say("search"),
    "key_help": say("these keys"),
    "key_leave": say("leave a field"),
    "place": say("{n} of {all}"),
    "who": say("What was decided"),
    "kept": say("Kept: {title}."),
    "look_again": say("Look at it again"),
    "as_person": say("You are {name}"),
    "taken": say("{n} files taken in."),
    "known_already": say("{n} files were here already."),
    "error": say("That did not work"),
    "home": say("To today's page"),
    "done": say("done"),
    "review": say("in review"),
    "failed": say("failed"),
    "skipped": say("left out"),
    "open": say("still open"),
    "undo": say("Take it back"),
    "undone": say("Taken back: it is as it was before."),
    "noted": say("The note is kept."),
    "was_split": say("It is split: its parts are items of their own."),
    "note_only": say("Keep the note alone"),
    "sent": say("The answer was sent on {at}: that cannot be taken back."),
    "starts_here": say("A new document begins here"),
    "split_here": say("Split"),
    "key_split": say("split: mark where a new document begins, Enter"),
    "key_undo": say("take the last decision back"),
    "no_paper": say("There is no page: it was made from tables."),
    "suppliers": say("Suppliers"),
    "suppliers_are": say("whoever sent invoices, by registered number, else by name"),
    "supplier": say("Supplier"),
    "last_invoice": say("Last invoice"),
    "last_invoices": say("Last invoices"),
    "amount": say("Amount"),
    "in_year": say("In {year}"),
    "invoiced": say("invoiced and done, with VAT"),
    "account": say("Account"),
    "accounts": say("Accounts"),
    "account_known": say("known"),
    "account_doubtful": say("nobody has confirmed it"),
    "account_in_table": say("in your table of suppliers"),
    "account_by_invoice": say("an invoice to it is done"),
    "account_since": say("first on {number}"),
    "n_invoices": say("{n} invoices"),
    "no_account": say("none named"),
    "no_suppliers": say("No invoice was read yet."),
    "mails": say("Mails"),
    "sorted_as": say("What they were sorted as"),
    "all": say("all"),
    "no_label": say("not sorted"),
    "reply_ready": say("Prepared:"),
    "pages": say("Pages of this list"),
    "page_before": say("Page before"),
    "page_after": say("Next page"),
    "page_place": say("Page {n} of {all}"),
    "no_mails": say("No mail was sorted yet. A recipe with the step triage or reply does it."),
    "reports": say("Reports"),
    "reports_are": say("Open one to put it in your words; a figure that no fact holds is refused."),
    "no_reports": say("No report was written yet. A recipe with the step report does it."),
    "lesson": say("Lesson"),
    "lesson_head": say("One of these ten readings is wrong."),
    "lesson_task": say("Which one? Every one of them stands on the page."),
    "lesson_ten": say("What was read"),
    "lesson_answer": say("That one"),
    "lesson_right": say("Yes, that one."),
    "lesson_other": say("No, it is the total with VAT."),
    "lesson_why": say(
        "The total is {right}; what was read is what is left to pay. That a value stands on the page proves "
        "little: what proves it is that the amounts fit together. So you are asked wherever a sum is wrong, "
        "however sure a reader was."
    ),
}
"""What the templates say, by a short name."""
_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}


class Words:
    """Speaks one language: what templates call to say, count and date something."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, name: str, /, **data: object) -> str:
        """Give the words called *name* with *data* in them."""
        return self.text(Phrase(WORDS[name].template, data))

    def text(self, phrase: Phrase | str) -> str:
        """Give a sentence; no password or token in an address of it is shown."""
        return mask_addresses(phrase.render(self.language) if isinstance(phrase, Phrase) else phrase)

    def sentence(self, phrase: Phrase | str) -> str:
        """Give a reason as a sentence of its own: it begins with a capital, unless with a name as written."""
        text = self.text(phrase)
        first = phrase.template[:1] if isinstance(phrase, Phrase) else text[:1]
        return text if first == "{" else text[:1].upper() + text[1:]

    def money(self, amount: Decimal | None, currency: str = "") -> str:
        """Write an amount as an office does: two decimals, the currency's sign behind it."""
        if amount is None:
            return ""
        exponent = amount.normalize().as_tuple().exponent
        places = max(2, -exponent) if isinstance(exponent, int) else 2
        number = localized(round(amount, places), self.language)
        text = f"{number:,f}" if isinstance(number, Decimal) else str(number)
        return f"{text}\u00a0{_SIGNS.get(currency, currency)}".rstrip().replace("-", "\u2212")

    def cost(self, cost: Money) -> str:
        """Write what something cost, to the cent."""
        return self.money(round(cost.amount, 2), cost.currency)

    def iban(self, account: str) -> str:
        """Write an account in fours, as banks do."""
        return "\u00a0".join(account[at : at + 4] for at in range(0, len(account), 4))

    def day(self, moment: date | datetime | None) -> str:
        """Write a day as its readers do; of a moment, the day it was here."""
        day = moment.astimezone().date() if isinstance(moment, datetime) else moment
        return "" if day is None else str(localized(day, self.language) if self.language == "fr" else day)

    def time(self, moment: datetime) -> str:
        """Write day and minute."""
        return f"{self.day(moment)} {moment.astimezone():%H:%M}"
