"""The portal's plain words: for states, classes, events, languages, and for everything that a form may get wrong."""

# state of a message → (word, what it means, tone of its mark)
STATES = {
    "waiting": ("Waiting", "Planned, and not yet due or not yet taken up.", "wait"),
    "sending": ("Being sent", "A worker holds it at this moment.", "wait"),
    "sent": ("Sent", "The gateway took it. No report yet.", "plain"),
    "on_the_way": ("On its way", "The network has it.", "plain"),
    "buffered": ("Phone off", "The network keeps it until the phone is on.", "wait"),
    "delivered": ("Delivered", "It arrived on the phone.", "good"),
    "failed": ("Not delivered", "The network gave up.", "bad"),
    "rejected": ("Rejected", "The network would not carry it.", "bad"),
    "absent": ("Phone off too long", "The phone was off until the text was too old.", "bad"),
    "refused": ("Refused", "The gateway would not take it for this phone.", "bad"),
    "not_sent": ("Not sent", "It certainly never left. It is tried again while it is valid.", "bad"),
    "unconfirmed": ("Unconfirmed", "We stopped listening before the gateway answered. It is never sent again by itself.", "warn"),
    "unknown": ("Unknown", "The gateway says it does not know.", "warn"),
    "suppressed": ("Held back: STOP", "This phone said STOP, or its owner has not agreed to such texts.", "plain"),
    "expired": ("Too late", "Its time had passed before it could be sent.", "plain"),
    "cancelled": ("Cancelled", "Somebody stopped it.", "plain"),
    "deferred": ("Put off", "Quiet hours or the weekly limit: a later batch follows.", "plain"),
    "done": ("Done", "Every phone of it has its answer.", "plain"),
}
FILTERS = {
    "waiting": "Waiting",
    "sending": "Being sent",
    "sent": "Sent, no report yet",
    "delivered": "Delivered",
    "failed": "Not delivered or refused",
    "unconfirmed": "Unconfirmed",
    "held back": "Held back by us",
}
# class of a text → (word, what it is)
CLASSES = {
    "reply": ("Reply", "an answer to what a farmer asked"),
    "emergency": ("Emergency", "danger to life"),
    "alert": ("Alert", "pest or weather warning"),
    "notice": ("Notice", "money, consent, a receipt"),
    "advice": ("Advice", "weather, price, tip or lesson"),
    "survey": ("Survey", "a question to farmers"),
    "offer": ("Offer", "something to buy, sell or borrow"),
}
# lane of the queue → the classes in it; the first goes first
LANES = {1: "Replies and emergencies", 2: "Alerts and notices", 3: "Advice", 4: "Surveys and offers"}
OPERATORS = {
    "": "Every other",
    "mtn": "MTN",
    "airtel": "Airtel",
    "utel": "Uganda Telecom",
    "lyca": "Lycamobile",
    "hamilton": "Hamilton Telecom",
}
# column of the daily proof → (heading, what it counts)
PROOF = {
    "planned": ("Planned", "Every text that was made on this day, one for each phone. The others must add up to it."),
    "sent": ("Sent", "A gateway took it."),
    "refused": ("Refused", "A gateway would not take it for this phone."),
    "not_sent": ("Not sent", "It certainly never left. What was still valid was planned again, and counts once more there."),
    "unconfirmed": ("Unconfirmed", "We stopped listening before the gateway answered."),
    "suppressed": ("Held back", "The phone said STOP, or its owner has not agreed."),
    "expired": ("Too late", "Its time had passed before it could be sent."),
    "cancelled": ("Cancelled", "Somebody stopped it, or it could not be sent after three tries."),
    "deferred": ("Put off", "Quiet hours or a cap: a later batch carries it, and counts once more there."),
    "waiting": ("Waiting", "It has not been handed over yet."),
    "missing": ("Missing", "Nobody can say what became of it. This must be 0."),
}
# what happened to a message → a sentence; STATES explain the reports
EVENTS = {
    "planned": "Planned",
    "follows": "Planned again, after an earlier batch",
    "due": "Due: not to be sent before this",
    "claimed": "Held by a worker until this time",
    "submitting": "Being handed to the gateway; the worker holds it until this time",
    "lapses": "Will not be sent after this",
    "sent": "The gateway took it",
    "refused": "The gateway refused it",
    "not_sent": "It never left",
    "unconfirmed": "No answer from the gateway in time",
    "suppressed": "Held back: STOP, or no consent",
    "expired": "Too late to be sent",
    "cancelled": "Cancelled",
    "deferred": "Put off to a later batch",
    "report.on_the_way": "Report: with the network",
    "report.buffered": "Report: the phone is off, the network keeps it",
    "report.delivered": "Report: delivered",
    "report.failed": "Report: not delivered",
    "report.rejected": "Report: rejected",
    "report.expired": "Report: too late",
    "report.absent": "Report: the phone was off too long",
    "report.unknown": "Report: not known",
}
SENDERS = {
    "broadcast": "a campaign",
    "inbound": "an answer to a farmer's text",
    "ussd": "an answer to a dial-in",
    "sms": "an answer to a farmer's text",
    "receipt": "a delivery receipt",
    "test": "a test",
    "incident": "what an operator is told of an incident",
}
# state of an organisation's broadcast → (word, tone)
STAGES = {
    "waiting": ("Waits for a second person", "warn"),
    "planning": ("Being sent", "wait"),
    "planned": ("Being sent", "wait"),
    "ended": ("Went out", "good"),
    "stopped": ("Stopped", "bad"),
    "refused": ("Not sent", "plain"),
}
# why a phone got nothing, or what the network says of it
REASONS = {
    "stop": "Said STOP",
    "consent": "Has not agreed to be texted, or took it back",
    "cap": "Had its share of texts this week",
    "late": "Its time had passed",
    "guest": "Only invited phones are texted here",
}
MEMBER_ROLES = {"member": "Member", "leader": "Leader", "agent": "Agent"}
# state of a receipt → (word, what it means, tone of its mark)
RECEIPT_STATES = {
    "issued": ("Written", "The farmer has it and has not answered.", "wait"),
    "confirmed": ("Confirmed", "The farmer says that it is right.", "good"),
    "disputed": ("Disputed", "The farmer says that it is wrong.", "bad"),
    "corrected": ("Put right", "Another receipt took its place.", "plain"),
}
RECEIPT_DISPUTES = {
    "weight": "The weight is wrong",
    "price": "The price is wrong",
    "fees": "Too much was taken off",
    "unpaid": "I was not paid",
    "not_mine": "It is not mine",
}
OFFER_KINDS = {"loan": "Loan", "cover": "Cover", "purchase": "Purchase"}
# state of an offer → (word, what it means, tone of its mark)
OFFER_STATES = {
    "draft": ("Draft", "No farmer sees it.", "wait"),
    "published": ("Published", "Farmers whom it fits see it and may ask for it.", "good"),
    "closed": ("Closed", "Nobody can ask for it any more; given answers stand.", "plain"),
}
# state of a farmer's yes → (word, what it means, tone of its mark)
APPLICATION_STATES = {
    "accepted": ("Waits", "The farmer asked for it and has no answer yet.", "warn"),
    "approved": ("Approved", "The farmer was told.", "good"),
    "refused": ("Refused", "The farmer was told.", "plain"),
    "withdrawn": ("Taken back", "The farmer thought again within 48 hours.", "plain"),
}
DATA_FIELDS = {
    "name": "Name",
    "district": "District",
    "crops": "Crops",
    "land": "Land by crop",
    "membership_months": "Months in a group",
    "records": "Records, counted",
}
DATA_PURPOSES = {"credit": "a loan", "cover": "cover", "purchase": "buying"}
GRADES = {"self": "said so themselves", "group": "seen by the group", "receipt": "with a receipt", "paid": "paid through a partner"}
SEXES = {"f": "Woman", "m": "Man"}
PHONE_USES = {"own": "Their own", "shared": "Shared at home", "neighbour": "A neighbour's or agent's"}
LAND = {
    "under_half": "Under half an acre",
    "half_to_1": "Half to 1 acre",
    "1_to_2": "1 to 2 acres",
    "2_to_5": "2 to 5 acres",
    "over_5": "More than 5 acres",
}
PLANTED = {
    "this_week": "This week",
    "2_3_weeks": "2 to 3 weeks ago",
    "4_7_weeks": "4 to 7 weeks ago",
    "before": "Before that",
    "not_yet": "Not yet",
}
SOURCES = {"ussd": "dialled in", "sms": "by text", "portal": "entered here", "import": "from a list", "sample": "sample"}
HOW = {"ussd": "by phone menu", "sms": "by text", "paper": "on paper or aloud, with a witness", "import": "with a list", "sample": "sample"}
PURPOSES = {"service": "Keep their details and text them"}
KINDS = {"retail": "shop price", "wholesale": "wholesale", "trader": "traders pay", "farm_gate": "paid at the farm"}
PRICE_STATES = {"published": "published", "held": "held", "refused": "refused"}

# key of what is wrong → the sentence beside the field: what to do, not only what is amiss
WRONG = {
    "sign_in.wrong": "The e-mail address and the password do not fit together. Check both and try again.",
    "sign_in.late": "Too many tries. Wait 15 minutes, or ask an administrator for a new link.",
    "account.email": "Write a whole e-mail address, such as grace@example.org.",
    "account.exists": "There is an account with this address already. Find it in the list below.",
    "account.role": "Choose a role from the list.",
    "account.other_role": "This address has an account with the role {role}. Change that in the portal, under Accounts.",
    "account.name": "Write the person's name.",
    "account.phone": "Write a mobile number such as 0772 123456, or leave it empty.",
    "account.group": "A cooperative's or a partner's account needs its organisation: choose one.",
    "account.last_admin": "This is the last administrator. Make somebody else one first, so that someone can let people in.",
    "account.self": "Ask another administrator to change your own account.",
    "account.inactive": "This account is ended. Open it again before you make a link.",
    "password.short": "Use at least {least} characters. Three or four unrelated words are easy to keep in mind.",
    "password.long": "Use at most {most} characters.",
    "password.common": "This password is on every list of guesses. Choose another.",
    "password.guessable": "This is made of words and numbers that people try first here. Add words that have nothing to do with your work.",
    "phone.unusable": "Write a mobile number that can get texts, such as 0772 123456, or leave it empty if they have none.",
    "code.unusable": "A farmer's code looks like 4827-4. Check the last digit: it does not fit.",
    "farmer.code_unknown": "No farmer bears this code. Search for them under Farmers.",
    "farmer.language": "Choose the language that they want to be texted in.",
    "farmer.district": "Choose the district where their garden is.",
    "farmer.crop": "Choose the crop that matters most to them.",
    "farmer.contact": "Without a phone, somebody must pass the news on: choose a group, or write the code of a farmer with a phone.",
    "farmer.contact_phone": "That farmer has no phone either. Choose one who does.",
    "farmer.consent": "Nobody is entered without having said yes. Read the words to them; tick this when they agree.",
    "farmer.witness": "Write who was there when they agreed.",
    "farmer.group": "Choose a group from the list.",
    "ask_wrong.name": "Write a name in letters, at least two.",
    "ask_wrong.born": "Write the year, such as 1986, or leave it empty.",
    "members.role": "Choose a role from the list.",
    "members.day": "Write the day as in 2026-03-12; it cannot lie ahead, nor before they joined.",
    "members.file": "Choose a file first: CSV or XLSX, its first row holding the headings, such as name, phone, district, crop.",
    "members.rows": "The list has more than {most} rows. Split it, and send one part after the other.",
    "members.lost": "The list that you looked at is no longer there. Choose the file again.",
    "members.there": "They are a member already.",
    "desk.nobody": "None of your members fits this and has agreed to be texted. Choose more of them, or ask them to dial and agree.",
    "template.title": "Write a title, such as Beans, 2 weeks: thin them out.",
    "template.kind": "Choose what kind of text it is.",
    "template.exists": "There is a template of this title already. Find it in the list, or choose another title.",
    "template.endless": "A body may have {most} characters at most while it is a draft.",
    "template.same": "These are the words and marks of version {number} already. Change something first.",
    "template.moved": "Somebody else has kept or published another wording since you opened this page. Copy yours, and open it again.",
    "template.unusable": "Not published yet. Put right what is marked beside the boxes.",
    "template.nobody": "No farmer fits this. Write a code, such as 4827-4, or a part of the name.",
    "template.whom": "Several values depend on who reads it. Choose a farmer for the preview above first.",
    "template.nothing": "There is nothing to send: the preview says why.",
    "template.not_invited": "Tests go only to numbers on the guest list. Ask whoever runs the service to add yours (GUEST_LIST).",
    "receipt.member": "No member of the group bears this name or code. Check it, or look under Farmers.",
    "receipt.members": "Several members are called so. Write the code of the one you mean: {named}.",
    "receipt.crop": "Choose what was delivered.",
    "receipt.day": "Choose the day of delivery: today, or within the last four months.",
    "receipt.kg": "Write kilograms in figures, such as 296 or 296.5.",
    "receipt.moisture": "Write per cent in figures, such as 13.5, or leave it empty.",
    "receipt.price": "Write the price of one kilogram in figures, such as 3000.",
    "receipt.fee": "Write whole shillings in figures, such as 14800, or leave it empty.",
    "receipt.net": "More is kept than the delivery is worth. Check fee, transport, weight and price.",
    "receipt.pays_on": "Choose a day from the delivery on, within a year, or leave it empty.",
    "offer.title": "Write a title of at most {most} characters that every phone shows: plain letters, no accents.",
    "offer.product": "Write your own name for it: at most {most} letters, figures, dots or dashes, such as input-loan-2027A.",
    "offer.sum": "Write whole shillings in figures, such as 200,000.",
    "offer.rate": "Write per cent a month in figures, such as 2 or 2.5.",
    "offer.count": "Write a whole number from {least} to {most}.",
    "offer.words": "Write this in a few words, at most {most} plain characters.",
    "offer.day": "Choose the day.",
    "offer.dates": "An offer closes after it opens, and not in the past. Choose a later day.",
    "offer.criteria": "There is no district {what}. Write names as in the list, with commas between.",
    "offer.terms": "This is not possible: {term}.",
    "offer.term.own_part": "A farmer cannot pay more than the whole premium. Write less, or a larger premium.",
    "offer.term.ends": "The cover ends before it starts. Choose a later day.",
    "offer.term.months": "Write a whole number of months, from 1 to 60.",
    "offer.term.amount": "Write at least one shilling.",
    "offer.term.premium": "Write at least one shilling.",
    "offer.term.sum_insured": "Write at least one shilling.",
    "offer.term.price": "Write at least one shilling.",
    "offer.not_yours": "Your organisation may not make this offer ({kind}): that is for {may}. Tell the operator if its kind is wrong.",
    "offer.unlicensed": "A {kind} needs a licence, and yours is not entered. Send its number to the operator, then publish.",
    "offer.over_cap": "With its fees this loan costs {monthly} % a month. The law allows {cap} %. Lower the rate or the fees.",
    "offer.due_too_early": "The loan is due on {due}, before the offer closes. Close it earlier, or let the loan run longer.",
    "offer.cover_started": "Cover that starts on {starts} cannot be sold after that day. Let the offer close before it.",
    "application.answer": "Write at most {most} plain characters.",
    "application.which": "Choose yes or no.",
    "application.fields": "Tick at least one thing that you ask to see.",
    "pause.what": "Choose what is to be held back.",
    "pause.why": "Say why, in a few words: whoever sees that texts wait will read this.",
    "pause.until": "Choose a moment that lies ahead, within two months, or leave it empty.",
    "once_more.why": "Say why, in a few words: it means that some people may get an emergency twice.",
    "route.rank": "Write a whole number from {least} to {most}. The lowest that is open goes first.",
    "route.per_second": "Write how many texts a second the gateway allows, from {least} to {most}.",
    "route.calls": "Write how many calls may wait for an answer at once, from {least} to {most}.",
    "route.price": "Write what a part costs, up to {most}, with at most four decimals. 0 if it costs nothing.",
    "route.gateway": "Choose a gateway from the list.",
    "route.operator": "Choose an operator from the list.",
    "route.there": "This gateway has a row for this operator already. Change that one.",
    "budget.payer": "Choose whose texts are held to the amount.",
    "budget.period": "Choose a day or a month.",
    "budget.amount": "Write an amount above 0 and up to {most}, such as 250,000.",
    "price.why": "Say why it is refused, in a few words: whoever sent it will read this.",
}


def said(key: str, **values: object) -> str:
    """The sentence for what is wrong. A key without one still says something that a person can act on."""
    return WRONG.get(key, "This cannot be used. Check it and try again.").format_map(values)


def state(code: str) -> tuple[str, str, str]:
    """Word, meaning, tone."""
    return STATES.get(code, (code.replace("_", " ").capitalize(), "", "plain"))


def plain(code: str) -> str:
    """A code as a word: "sweet_potato" as "Sweet potato"."""
    return code.replace("_", " ").capitalize()
