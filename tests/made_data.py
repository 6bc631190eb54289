"""Data made by code: believable texts from word lists, the same for the same seed."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

GREETINGS = ("Hello,", "Good morning,", "Hi,", "", "", "")
CLOSINGS = ("Thanks.", "Best wishes, {who}.", "", "", "", "")
PEOPLE = ("Ada", "Ben", "Chidi", "Dora", "Emil", "Fatima", "Grace", "Hugo", "Ines", "Jonas", "Kemi", "Lena", "Mateo")
PLACES = ("Leeds", "Austin", "Cork", "Perth", "Boston", "Bristol", "Denver", "Dublin", "Toronto", "Glasgow")
THINGS = ("a double room", "the family room", "a single room", "the suite", "two twin rooms", "the room with balcony")
DAYS = ("Monday", "Tuesday", "Thursday", "Friday night", "the weekend", "12 May", "3 June", "the bank holiday")

HOTEL: dict[str, tuple[str, ...]] = {
    "Reservation": (
        "I would like to book {thing} in {place} from {day} for {n} nights.",
        "Is {thing} still free in {place} on {day}? We would reserve it for {n} nights.",
        "Please reserve {thing} for {n} guests, arriving {day}.",
        "Do you have any availability in {place} on {day}? We need {thing} for {n} nights.",
    ),
    "Cancellation": (
        "Unfortunately we have to cancel our booking of {thing} for {day}. The number is {number}.",
        "Please cancel reservation {number} in {place}, our trip on {day} is called off.",
        "We can no longer come on {day}. Cancel {thing} and confirm the cancellation, booking {number}.",
        "I want to call off my stay in {place}. Is cancelling booking {number} still free before {day}?",
    ),
    "Invoice": (
        "The invoice for {thing} shows {n}00 euros too much. Could you correct bill {number}?",
        "Please send the invoice of our stay in {place} to my company, invoice number {number}.",
        "I was charged twice for {thing}: my card statement shows {n}20 euros on {day}.",
        "There is a city tax of {n} euros on bill {number} that nobody mentioned. Why was I charged for it?",
    ),
    "Breakfast": (
        "Is breakfast included with {thing}, and can you serve vegan food for {n} of us?",
        "What time does the breakfast buffet open on {day}? We have to leave at {n} in the morning.",
        "My son is allergic to nuts. Can the kitchen in {place} prepare a breakfast without them on {day}?",
        "Can we order coffee, eggs and fresh bread to {thing} on {day}, for {n} people?",
    ),
    "Parking": (
        "Is there a garage near the hotel in {place}, and what does parking cost for {n} nights?",
        "We arrive on {day} with a van of {n} metres. Does it fit into your car park?",
        "Do I have to reserve a parking space for {day}? My car has the plate {number}.",
        "Can I charge an electric car in your underground garage in {place} for {n} hours?",
    ),
}
QUERIES = {
    "Parking": "Where can I leave my car over night, do you have a garage with free parking spaces?",
    "Breakfast": "Do you offer gluten free bread and fruit at the breakfast buffet?",
}

BANK_OBJECTS = (
    "debit card", "credit card", "current account", "savings account", "loan",
    "mortgage", "standing order", "direct debit", "bank transfer", "mobile app", "overdraft",
)  # fmt: skip
ASSISTANT_OBJECTS = (
    "alarm", "calendar", "flight", "hotel", "recipe", "restaurant", "shopping list", "song", "playlist", "taxi",
    "weather report", "timer", "reminder", "e-mail", "phone call",
)  # fmt: skip
WISHES: dict[str, tuple[str, ...]] = {
    "open": ("I want to open a new {thing}.", "How do I set up a {thing}?", "Please start a {thing} for me."),
    "cancel": ("Please cancel my {thing}.", "I no longer need the {thing}, end it.", "How can I stop my {thing}?"),
    "change": ("I need to change my {thing}.", "Can the {thing} be altered?", "Edit the {thing}, please."),
    "cost": ("What does a {thing} cost?", "Which fees come with the {thing}?", "Is the {thing} free of charge?"),
    "status": ("What is going on with my {thing}?", "Show me the {thing}.", "Is my {thing} active at the moment?"),
    "problem": ("My {thing} does not work.", "There is an error with the {thing}.", "The {thing} failed again."),
    "limit_reached_and_not_explained": (
        "Why is there a limit on my {thing}?",
        "I have reached the maximum of the {thing} and nobody says why.",
        "The limit of my {thing} is too low.",
    ),
    "share": ("Share the {thing} with my wife.", "Can two people use one {thing}?", "Send my {thing} to a friend."),
    "repeat": ("Do the {thing} again.", "The same {thing} as last time, please.", "Repeat my last {thing}."),
    "history": (
        "List every {thing} of last year.",
        "When was my last {thing}?",
        "How often did I use a {thing}?",
    ),
}
TAILS = ("", " It is urgent.", " I am abroad.", " Thanks.", " It is for my mother.", " I asked before.")

ENGLISH_PARTS = (
    "The committee met on a grey Thursday morning to discuss the future of the old library.",
    "Several neighbours spoke about the leaking roof, the narrow stairs and the missing lift.",
    "An architect showed drawings of a reading room with tall windows towards the river.",
    "The treasurer reminded everybody that the budget would not cover more than half of it.",
    "After two hours a vote was taken, and a small majority asked for a second opinion.",
    "Children from the school next door had sent letters, and three of them were read aloud.",
    "Nobody wanted to decide before the summer, since the grant runs until the end of the year.",
)
CHINESE_PARTS = (
    "上周六我带着孩子去了城南新开的图书馆，门口排了很长的队。",
    "一楼是儿童阅览区，地上铺着软垫，书架不高，孩子自己就能拿到书。",
    "二楼安静得多，靠窗的座位早就坐满了人，大家都在低头看书或者写作业。",
    "借书机反应有点慢，工作人员倒是很耐心，一步一步教老人怎么操作。",
    "咖啡角的价格不算便宜，不过环境不错，坐一个下午也没有人催。",
    "唯一的遗憾是停车不方便，绕了三圈才在两条街以外找到车位。",
    "回家的路上孩子一直问什么时候能再来，我想下个月还会带他去。",
)


def hotel_rows(n: int = 2000, seed: int = 1) -> list[tuple[str, str]]:
    """``n`` different (text, class) pairs of five classes in turn."""
    dice = random.Random(seed)
    names = list(HOTEL)
    seen: dict[str, str] = {}
    while len(seen) < n:
        name = names[len(seen) % len(names)]
        core = dice.choice(HOTEL[name])
        text = " ".join(part for part in (dice.choice(GREETINGS), core, dice.choice(CLOSINGS)) if part)
        filled = text.format(
            thing=dice.choice(THINGS), place=dice.choice(PLACES), day=dice.choice(DAYS), who=dice.choice(PEOPLE),
            n=dice.randint(2, 9), number=f"{dice.choice('ABCDEFGH')}{dice.randint(1000, 9999)}",
        )  # fmt: skip
        seen.setdefault(filled, name)
    return list(seen.items())


def hotel_csv(rows: Sequence[tuple[str, str]], seed: int = 2) -> bytes:
    """The rows as a file of an inbox: number, day, channel, text and label."""
    dice = random.Random(seed)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["id", "received", "channel", "text", "label"])
    for i, (text, label) in enumerate(rows):
        day = f"2026-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
        writer.writerow([4001 + i, day, dice.choice(("mail", "chat", "form")), text, label])
    return out.getvalue().encode("utf-8")


def many_classes(n_classes: int, per_class: int, seed: int = 3) -> list[tuple[str, str]]:
    """Different (text, class) pairs: 77 from the talk of a bank, more from that of a voice assistant."""
    dice = random.Random(seed)
    things, wishes = (BANK_OBJECTS, list(WISHES)[:7]) if n_classes <= 77 else (ASSISTANT_OBJECTS, list(WISHES))
    rows = []
    for thing, wish in list(product(things, wishes))[:n_classes]:
        name = f"{thing.replace(' ', '_').replace('-', '')}_{wish}"
        texts = [line.format(thing=thing) + tail for line, tail in product(WISHES[wish], TAILS)]
        rows += [(text, name) for text in dice.sample(texts, per_class)]
    dice.shuffle(rows)
    return rows


def some_labels(rows: Sequence[tuple[str, str]], shots: int) -> Iterator[str | None]:
    """The label of the first ``shots`` rows of each class, None for the others."""
    count: dict[str, int] = {}
    for _text, name in rows:
        count[name] = count.get(name, 0) + 1
        yield name if count[name] <= shots else None


def long_texts(language: str, n: int = 40, sentences: int = 60, seed: int = 4) -> list[str]:
    """Texts of several thousand characters: 'en' or 'zh'."""
    dice = random.Random(seed)
    parts, gap = (CHINESE_PARTS, "") if language == "zh" else (ENGLISH_PARTS, " ")
    paragraphs = [gap.join(dice.choice(parts) for _ in range(5)) for _ in range(n * sentences // 5)]
    size = sentences // 5
    return [f"{i + 1}. " + "\n\n".join(paragraphs[i * size : (i + 1) * size]) for i in range(n)]


def yes_or_no(n: int = 120, seed: int = 5) -> list[tuple[str, str]]:
    """Mails in two classes: Spam and Wanted."""
    dice = random.Random(seed)
    patterns: Mapping[str, tuple[str, ...]] = {
        "Spam": (
            "You have won {n}00,000 dollars, {who}. Click the link before {day} to claim the prize.",
            "Cheap pills without prescription, {n}0 % off until {day}, order now {who}.",
            "Dear {who}, a prince in {place} needs your account number to move {n} million.",
        ),
        "Wanted": (
            "Hi {who}, can we move the meeting in {place} to {day}, {n} o'clock?",
            "{who}, the minutes of {day} are attached; please check page {n}.",
            "Are you coming to {place} on {day}, {who}? We are {n} so far.",
        ),
    }
    seen: dict[str, str] = {}
    while len(seen) < n:
        name = list(patterns)[len(seen) % 2]
        text = dice.choice(patterns[name]).format(
            n=dice.randint(2, 9), who=dice.choice(PEOPLE), day=dice.choice(DAYS), place=dice.choice(PLACES)
        )
        seen.setdefault(text, name)
    return list(seen.items())
