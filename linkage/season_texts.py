"""A season's profit or loss in words, short enough for a screen and for one text."""

from content import texts
from linkage.profit import Profit, Stock
from linkage.receipt_texts import sum_said, weight_said
from profiles.seasons import Season


def said(profit: Profit, crop: str, season: Season, currency: str, language: str) -> str:
    """ "Maize 2026A: sold 1,200,000, costs 300,000, profit 900,000 so far. Not sold: 5 bags."; nothing noted says so."""
    name = texts.say(f"crop.{crop}", language)
    name = name[:1].upper() + name[1:]
    if not profit.entries:
        return texts.say("record.nothing", language, crop=name, season=season.code)
    if profit.harvested and not (profit.sales or profit.costs or profit.sold):
        stock = stock_said(profit.harvested, language)
        return texts.say("record.harvested", language, crop=name, season=season.code, stock=stock)
    key = "record.profit" if profit.profit >= 0 else "record.loss"
    sums = texts.say(
        key,
        language,
        crop=name,
        season=season.code,
        sales=sum_said(profit.sales, currency),
        costs=sum_said(profit.costs, currency),
        left=sum_said(abs(profit.profit), currency),
    )
    left = profit.unsold
    if left is None or not left.quantity:
        return sums
    return f"{sums} {texts.say('record.unsold', language, stock=stock_said(left, language))}"


def stock_said(stock: Stock, language: str) -> str:
    """ "750 kg", "5 bags"."""
    return f"{weight_said(stock.quantity)} {texts.say(f'record.unit.{stock.unit}', language)}"
