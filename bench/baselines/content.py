"""What the baselines show: a page of twenty resources in two languages, about as long as ours."""

RESOURCES = [
    {
        "name": f"Resource number {number}",
        "phone": f"209-555-01{number:02}",
        "hours": "Monday to Friday, 8 to 5",
        "text": {
            "en": f"They listen, in the language you speak, and say what you can do next. Room {number}.",
            "es": f"Le escuchan, en el idioma que usted habla, y le dicen qué puede hacer. Cuarto {number}.",
        },
    }
    for number in range(1, 21)
]
WORDS = {
    "en": {"title": "Information", "lead": "You can call. You need not say who you are. " * 12},
    "es": {"title": "Información", "lead": "Puede llamar. No tiene que decir quién es. " * 12},
}


def best_language(accept_language: str) -> str:
    """Return the first language of the header that there is a page in."""
    wishes = []
    for part in accept_language.split(","):
        tag, _, quality = part.strip().partition(";q=")
        wishes.append((-float(quality or 1), tag.split("-")[0]))
    return next((tag for _, tag in sorted(wishes) if tag in WORDS), "en")
