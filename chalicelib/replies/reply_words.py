"""Kinds, states and doubts of replies in a clerk's words, as screens of the desk say them."""

from __future__ import annotations

from chalicelib.replies import conversation
from chalicelib.replies.mistyped import DIGEST, MISTYPED

KIND_WORDS = {
    conversation.HUMAN: "{name} replied",
    conversation.BOUNCE: "A mail server of {name} gave a mail back",
    conversation.READ_RECEIPT: "A receipt says that somebody at {name} opened the mail",
    conversation.CALENDAR: "An entry for a calendar came from {name}",
    conversation.RECALL: "{name} wants to have a mail back",
    conversation.AUTOMATIC: "An automatic answer came from {name}, most likely “out of office”",
    conversation.LIST: "A mail for many people came from {name}",
    conversation.ENCRYPTED: "A locked mail came from {name}, which nobody here can open",
    conversation.TNEF: "A mail of {name} had all its text in a file “winmail.dat”",
    conversation.EMPTY: "A mail came from {name} with no text above the first line of ours",
    conversation.FILES_ONLY: "Files without a word came from {name}",
    conversation.UNREADABLE: "A mail came from {name} that could not be read",
}
UNPROVEN_REPLY = "A reply came in the name of {name}"
STATE_WORDS = {
    conversation.SHOWN: "The writer can read it.",
    conversation.HELD: "It is held: the writer does not see it.",
    conversation.NOTED: "It says nothing to the writer, and was not kept.",
    conversation.THROWN: "Somebody at the desk threw it away.",
    "unproven": "The writer can read it, with the note that it is not proven who wrote it.",
}
DOUBT_WORDS = {
    conversation.FROM_ELSEWHERE: "Its sender is not one that this office’s replies come from.",
    conversation.DMARC_FAILED: "The owner of the sender’s domain says that such mail is forged.",
    conversation.NOT_ALIGNED: "Nothing proves that it came from the domain of its sender.",
    conversation.NOT_CHECKED: "Our mail service could not check where it came from.",
    conversation.SPAM: "Our mail service takes it for unwanted mail.",
    conversation.VIRUS: "Our mail service found something harmful in it.",
    conversation.DIGEST: "It answers a mail with many reports, and not one of them.",
    conversation.NOT_TO_US: "It is not addressed to us: somebody may have sent an old mail once more.",
}
WHY_NEVER = {
    conversation.DMARC_FAILED: "It cannot be shown to the writer, because it may be forged.",
    conversation.NOT_CHECKED: "It cannot be shown to the writer, because nothing says where it came from.",
    conversation.SPAM: "It cannot be shown to the writer.",
    conversation.VIRUS: "It cannot be shown to the writer, because it may do harm.",
    conversation.DIGEST: "It cannot be shown to the writer, because nobody can tell whom it is for.",
    "": "It cannot be shown to the writer, because of what kind of mail it is.",
}
PLACELESS_WORDS = {
    MISTYPED: "It came to no report’s address, or from somebody else",
    DIGEST: "It answered a mail with many reports",
}


def words_of(note: conversation.ReplyNote, office: str) -> str:
    """Return what came; of a kind that is not known here, that it could not be read.

    Only of what is proven is it said that the office replied.
    """
    if note.kind == conversation.HUMAN and (note.state != conversation.SHOWN or note.unproven):
        return UNPROVEN_REPLY.format(name=office)
    return KIND_WORDS.get(note.kind, KIND_WORDS[conversation.UNREADABLE]).format(name=office)
