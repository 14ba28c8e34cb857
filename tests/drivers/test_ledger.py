"""The ledger in the store: holds reach as far as the money, ends explain every kopeck, whatever crashes or repeats."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.ledgers import TARIFF, Books, Crashes, Store, play, stories
from outdial.core.campaign import Campaign
from outdial.core.errors import KeyTaken, NotEnoughMoney
from outdial.core.ids import AttemptId
from outdial.core.money import LedgerEntry, Service, Tariff, price_of_call, price_of_sms
from outdial.engine.cashier import Cashier
from outdial.ports import Charge, Held, HoldFor, HoldRow, NotEnough, StoreDown, Used

PRICE = Decimal("0.91")


def test_a_call_costs_what_it_took_and_the_rest_comes_back(database_url: str) -> None:
    async def story(store: Store) -> None:
        books = await store.books("2.00")
        mailing = await books.mail("1", 2)
        balance = await books.accounts.balance(books.tenant)
        assert (balance.amount, balance.available) == (Decimal("2.00"), Decimal("0.18"))
        answered, busy = await books.dial(mailing)
        await books.end(answered, 10.2)
        await books.end(busy, 0.0)
        assert await books.accounts.charges(books.tenant, mailing.id) == {"1-0": Charge(call=Decimal("0.72"))}
        balance = await books.accounts.balance(books.tenant)
        assert (balance.amount, balance.available) == (Decimal("1.28"), Decimal("1.28"))
        rows = await books.rows()
        assert [row.entry.value for row in rows] == ["credit", "hold", "hold", "release", "charge", "release"]
        assert (rows[4].campaign, rows[4].contact, rows[4].attempt) == ("1", "1-0", answered)
        await books.check()

    play(database_url, story)


def test_a_list_is_held_from_its_beginning_for_as_long_as_the_money_reaches(database_url: str) -> None:
    async def story(store: Store) -> None:
        books = await store.books("2.00")
        rows = [HoldRow(f"{place}", "70000100001", 14) for place in range(3)]
        answers = await books.accounts.hold_all(books.tenant, "1", rows)
        assert answers == [Held("0", PRICE), Held("1", PRICE), NotEnough("2", PRICE)]
        assert await books.accounts.hold_all(books.tenant, "1", rows) == answers
        with pytest.raises(NotEnoughMoney):
            await books.accounts.hold_all(books.tenant, "2", rows)
        assert len(await books.rows()) == 3
        await books.check()

    play(database_url, story)


def test_nobody_is_called_for_whom_there_is_no_price(database_url: str) -> None:
    async def story(store: Store) -> None:
        books = await store.books(tariffs=(Tariff(prefix="7", per_second=Decimal("0.065")),))
        rows = [HoldRow("there", "491701234567", 14), HoldRow("here", "70000100001", 14)]
        answers = await books.accounts.hold_all(books.tenant, "1", rows)
        assert answers == [NotEnough("there", None), Held("here", PRICE)]
        assert await books.accounts.quote(books.tenant, rows) == [None, PRICE]

    play(database_url, story)


def test_ten_thousand_contacts_are_held_at_once(database_url: str) -> None:
    async def story(store: Store) -> None:
        books = await store.books("5000.00")
        held = await books.send("1", 10_000)
        assert len(held) == int(Decimal("5000.00") / PRICE)
        assert held == [f"1-{place}" for place in range(len(held))]
        await books.check()

    play(database_url, story)


def test_two_hundred_sends_at_once_never_take_more_than_there_is(database_url: str) -> None:
    async def story(store: Store) -> None:
        books = await store.books("100.00")
        sent: list[int] = []

        async def send(name: str) -> None:
            try:
                sent.append(len(await books.send(name, 3)))
            except NotEnoughMoney:
                sent.append(0)

        async with asyncio.TaskGroup() as group:
            for number in range(200):
                group.create_task(send(str(number)), name=f"send {number}")
        assert len(sent) == 200
        assert sum(sent) == int(Decimal("100.00") / PRICE)
        await books.check()

    play(database_url, story)


def test_a_call_beyond_its_hold_takes_what_is_left_and_no_more(database_url: str) -> None:
    async def story(store: Store) -> None:
        books = await store.books("1.00")
        mailing = await books.mail("1", 1)
        (attempt,) = await books.dial(mailing)
        await books.end(attempt, 100.0)
        assert await books.clear() == 1
        rows = (await books.rows())[2:]
        assert [(row.entry.value, row.amount) for row in rows] == [
            ("release", PRICE),
            ("written_off", Decimal("5.50")),
            ("charge", Decimal("-6.50")),
        ]
        charges = await books.accounts.charges(books.tenant, mailing.id)
        assert charges["1-0"].call == Decimal("1.00")
        await books.check()

    play(database_url, story)


def test_a_deleted_mailing_gives_its_money_back_once_its_calls_are_over(database_url: str) -> None:
    async def story(store: Store) -> None:
        books = await store.books()
        mailing = await books.mail("1", 3)
        first, *_ = await books.dial(mailing)
        await books.campaigns.remove(books.tenant, "mobilgroup", mailing.number)
        assert await books.clear() == 0
        await books.end(first, 14)
        assert await books.clear() == 1
        rows = await books.rows()
        assert (rows[-1].entry, rows[-1].amount, rows[-1].contact) == (LedgerEntry.CHARGE, -PRICE, "1-0")
        await books.check()

    play(database_url, story)


def test_a_contact_that_is_taken_off_the_list_gives_its_money_back(database_url: str) -> None:
    async def story(store: Store) -> None:
        books = await store.books()
        mailing = await books.mail("1", 3)
        await books.save("1", ["1-0"], mailing)
        assert await books.clear(thorough=False) == 2
        await books.check()

    play(database_url, story)


def test_a_mailing_closed_before_its_end_gives_its_money_back(database_url: str) -> None:
    async def story(store: Store) -> None:
        books = await store.books()
        mailing = await books.mail("1", 3)
        await books.close(mailing)
        assert await Cashier(books.store).round(thorough=False) == 0
        assert await Cashier(books.store).round(thorough=True) == 3
        balance = await books.accounts.balance(books.tenant)
        assert balance.available == Decimal("100.00")
        reopened = await books.save("1", [f"1-{place}" for place in range(3)], mailing)
        attempt, *_ = await books.dial(reopened)
        await books.end(attempt, 14)
        assert await books.clear() == 1
        assert (await books.accounts.balance(books.tenant)).amount == Decimal("100.00") - PRICE
        await books.check()

    play(database_url, story)


def test_money_held_for_a_mailing_that_never_came_is_given_back(database_url: str) -> None:
    async def story(store: Store) -> None:
        books = await store.books()
        await books.send("1", 3)
        assert await books.clear() == 0
        await books.pool.execute("update holds set held_at = held_at - interval '1 hour'")
        assert await Cashier(books.store).round(thorough=False) == 3
        assert (await books.accounts.balance(books.tenant)).available == Decimal("100.00")
        await books.check()

    play(database_url, story)


def test_whoever_gives_up_a_mailing_gives_its_money_back_at_once(database_url: str) -> None:
    async def story(store: Store) -> None:
        books = await store.books()
        await books.save("1", (await books.send("1", 3))[:1])
        for _ in range(2):
            await books.accounts.give_back(books.tenant, "1")
            balance = await books.accounts.balance(books.tenant)
            assert balance.available == Decimal("100.00") - PRICE
        assert len(await books.send("1", 3)) == 3
        await books.check()

    play(database_url, story)


def test_what_a_call_used_is_charged_also_when_it_is_known_late(database_url: str) -> None:
    async def story(store: Store) -> None:
        abroad = Tariff(prefix="49", per_second=Decimal("1.00"))
        books = await store.books(tariffs=(TARIFF, abroad))
        mailing = await books.mail("1", 1)
        (attempt,) = await books.dial(mailing)
        await books.end(attempt, 14)
        transfer = Used(attempt=attempt, service=Service.TRANSFER, digits="491701234567", seconds=3.0)
        await books.store.note([transfer, transfer])
        assert await books.clear() == 1
        await books.sms(attempt, 2)
        await books.sms(attempt, 2)
        charges = await books.accounts.charges(books.tenant, mailing.id)
        assert charges == {"1-0": Charge(call=PRICE, transfer=Decimal("3.00"), sms=Decimal("5.00"))}
        assert charges["1-0"].total == Decimal("8.91")
        await books.check()

    play(database_url, story)


def test_a_tariff_that_changes_meanwhile_changes_nothing_that_is_held(database_url: str) -> None:
    async def story(store: Store) -> None:
        books = await store.books()
        mailing = await books.mail("1", 1)
        await books.pool.execute("update tariffs set current = false")
        (attempt,) = await books.dial(mailing)
        await books.end(attempt, 14)
        assert (await books.accounts.charges(books.tenant, mailing.id))["1-0"].call == PRICE

    play(database_url, story)


def test_rows_of_the_ledger_are_never_changed(database_url: str) -> None:
    async def story(store: Store) -> None:
        await store.books()
        for statement in ("update ledger set note = 'x'", "delete from ledger", "truncate ledger cascade"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await store.pool.execute(statement)

    play(database_url, story)


def test_a_credit_is_written_once(database_url: str) -> None:
    async def story(store: Store) -> None:
        books = await store.books("1.00")
        first = await books.accounts.credit(books.tenant, Decimal("5.5"), "cash", "7")
        assert await books.accounts.credit(books.tenant, Decimal("5.50"), "again", "7") == first
        with pytest.raises(KeyTaken):
            await books.accounts.credit(books.tenant, Decimal("6"), "", "7")
        await books.accounts.correct(books.tenant, Decimal("-6.25"), "a mistake", "7")
        assert [str(row.balance) for row in await books.rows()] == ["1.00", "6.50", "0.25"]
        await books.check()

    play(database_url, story)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "save", "dial", "end", "retry", "sms", "remove", "close", "credit", "clear"]),
        st.integers(0, 5),
        st.sampled_from([0.0, 3.0, 14.0, 200.0]),
        st.one_of(st.none(), st.integers(1, 12)),
    ),
    max_size=40,
)


CUT_OFF = (
    *(StoreDown, OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError),
    asyncpg.InternalClientError,  # the pool's word for a connection that is gone when it is given back
)


class Life:
    """What happens to an account, in any order, each time perhaps cut off after some statements and then begun anew."""

    def __init__(self, store: Store, books: Books) -> None:
        self.books = books
        self.frail = store.frail_books(books)
        self.crashes: Crashes = store.crashes
        self.sent: dict[str, list[str]] = {}
        self.saved: list[Campaign] = []
        self.calls: list[AttemptId] = []
        self.used: dict[AttemptId, Decimal] = {}
        self.credited = Decimal("10.00")

    async def step(self, what: str, size: int, seconds: float, crash: int | None) -> None:
        """One thing happens."""
        match what:
            case "send":
                self.sent[f"{len(self.sent)}"] = []
                await self._frailly(crash, self._send, f"{len(self.sent) - 1}", size, seconds)
            case "save" if self.sent:
                key = list(self.sent)[size % len(self.sent)]
                if key not in {campaign.key for campaign in self.saved}:
                    self.saved.append(await self.books.save(key, self.sent[key]))
            case "dial" if self.saved:
                self.calls += await self.books.dial(self.saved[size % len(self.saved)])
            case "end" | "retry" if self.calls:
                attempt = self.calls.pop(size % len(self.calls))
                self.used[attempt] = price_of_call(TARIFF, seconds)
                await self.books.end(attempt, seconds, again=what == "retry")
            case "sms" if self.used:
                attempt = list(self.used)[size % len(self.used)]
                noted = "select count(*) from uses where attempt_id = $1"
                await self.books.sms(attempt, 1)
                assert await self.books.pool.fetchval(noted, attempt) == 1
            case "remove" if self.saved:
                campaign = self.saved[size % len(self.saved)]
                await self.books.campaigns.remove(self.books.tenant, "mobilgroup", campaign.number)
            case "close" if self.saved:
                campaign = self.saved[size % len(self.saved)]
                await self.books.close(campaign)
            case "credit":
                named = f"{self.credited}"
                await self._frailly(crash, self._credit, Decimal(size + 1), named)
                self.credited += size + 1
            case "clear":
                await self._frailly(crash, self.frail.clear)
            case _:
                pass
        await self.books.check()

    async def finish(self) -> None:
        """Everything comes to its end, and every kopeck is explained."""
        for attempt in self.calls:
            self.used[attempt] = price_of_call(TARIFF, 14)
            await self.books.end(attempt, 14)
        for campaign in self.saved:
            await self.books.campaigns.remove(self.books.tenant, "mobilgroup", campaign.number)
        old = "update holds set held_at = held_at - interval '2 hours' where tenant_id = $1"
        await self.books.pool.execute(old, self.books.tenant)
        while await self.books.clear():
            await self.books.check()
        balance = await self.books.accounts.balance(self.books.tenant)
        assert balance.available == balance.amount >= 0
        rows = await self.books.rows()
        of = {entry: sum((r.amount for r in rows if r.entry is entry), Decimal(0)) for entry in LedgerEntry}
        calls = {r.attempt: -r.amount for r in rows if r.entry is LedgerEntry.CHARGE and r.service is Service.CALL}
        assert calls == {attempt: price for attempt, price in self.used.items() if price}
        noted = "select count(*) from uses where tenant_id = $1"
        sms = price_of_sms(TARIFF, 1) * await self.books.pool.fetchval(noted, self.books.tenant)
        assert of[LedgerEntry.CREDIT] == self.credited
        assert -of[LedgerEntry.CHARGE] == sum(self.used.values()) + sms
        assert -of[LedgerEntry.HOLD] == of[LedgerEntry.RELEASE]
        assert balance.amount == self.credited + of[LedgerEntry.CHARGE] + of[LedgerEntry.WRITTEN_OFF]

    async def _frailly(self, crash: int | None, act: Any, *arguments: Any) -> None:
        """Do it over a connection that may be cut off; then over one that is not, as a new process would."""
        self.crashes.after = crash
        try:
            await act(*arguments)
        except CUT_OFF:
            await self.books.settle_down()
        finally:
            self.crashes.after = None
        await self.books.check()
        await act(*arguments)

    async def _send(self, key: str, size: int, seconds: float) -> None:
        try:
            self.sent[key] = await self.frail.send(key, size, seconds)
        except NotEnoughMoney:
            self.sent[key] = []

    async def _credit(self, amount: Decimal, key: str) -> None:
        await self.frail.accounts.credit(self.books.tenant, amount, "", key)


def test_whatever_happens_and_crashes_every_kopeck_is_explained(database_url: str) -> None:
    @settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
    @given(STEPS)
    def law(steps: list[tuple[str, int, float, int | None]]) -> None:
        async def story(store: Store) -> None:
            life = Life(store, await store.books("10.00"))
            for step in steps:
                await life.step(*step)
            await life.finish()

        told(story)

    with stories(database_url) as told:
        law()


def test_the_store_reaches_as_far_as_the_core_has_it(database_url: str) -> None:
    amounts = st.decimals(0, 20, places=2)

    @settings(max_examples=30, suppress_health_check=list(HealthCheck), deadline=None)
    @given(amounts, st.lists(amounts, min_size=1, max_size=12))
    def law(opening: Decimal, prices: list[Decimal]) -> None:
        from outdial.core.money import affordable

        async def story(store: Store) -> None:
            books = await store.books(str(opening))
            (tariff,) = await books.store.tariffs(books.tenant)
            rows = [HoldFor(key=f"{place}", price=price, tariff=tariff) for place, price in enumerate(prices)]
            held = await books.store.hold(books.tenant, "mobilgroup", "1", rows)
            assert set(held) == {row.key for row in rows[: affordable(opening, prices)]}
            await books.check()

        told(story)

    with stories(database_url) as told:
        law()
