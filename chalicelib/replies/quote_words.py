"""Words by which mail programs begin a quote, in the languages of our offices and around them."""

from __future__ import annotations

import re
from bisect import bisect_right

# "... wrote:", at the end of an attribution line.
WROTE = (
    "wrote", "writes", "schrieb", "geschrieben", "escribió", "escribio", "escreveu", "a écrit",
    "ha scritto", "scrisse", "scriveva", "schreef", "geschreven", "skrev", "kirjoitti", "napisał",
    "napsal", "napísal", "a scris", "írta", "έγραψε", "пише", "написа", "пишет", "yazdı", "yazmış",
    "đã viết", "viết", "menulis", "写道", "寫道", "写到", "撰写", "寫了", "书写", "のメール",
    "書きました", "書き込みました", "작성", "님이 ", "كتب", "كتابة", "כתב", "sumulat", "isinulat",
    "nagsulat", "ਲਿਖਿਆ", "लिखा", "សរសេរ", "sau tias", "schrijft",
)  # fmt: skip
# How such a line may begin.
BEGINS = re.compile(
    r"(?:on|am|le|el|em|il|op|den|dne|dňa|dnia|w dniu|på|pe|vào|ngày|noong|nong|sa|στις|la|a|în|ons|mon"
    r"|tue|wed|thu"
    r"|fri|sat|sun|lun|mar|mié|jue|vie|sáb|dom|in a message dated|at|in|van|от|в|у|on:)\b|[在于於\d٠-٩۰-۹]|في"
    r"|בתאריך|ਨੂੰ|ਤੇ"
    r"|នៅ|\"?[^\s@]{1,40}(?: [^\s@]{1,40}){0,4}\"? ?[<\[(]",
    re.IGNORECASE,
)
# What stands in a line like "-----Original Message-----".
DIVIDES = re.compile(
    r"original message|original-nachricht|original appointment|ursprüngliche nachricht|originalnachricht"
    r"|mensaje original|mensagem original|message d'origine"
    r"|message original"
    r"|messaggio originale|oorspronkelijk bericht"
    r"|reply message|opprinnelig melding|oprindelig (?:meddelelse|besked)"
    r"|ursprungligt meddelande|alkuperäinen viesti"
    r"|wiadomość oryginalna|oryginalna wiadomość|původní zpráva|исходное сообщение"
    r"|orijinal mesaj|özgün ileti"
    r"|原始邮件|原邮件|原始郵件|元のメッセージ|원본 메시지|원본 메일|الرسالة الأصلية|orihinal na mensahe"
    r"|ਮੂਲ ਸੁਨੇਹਾ"
    r"|សារដើម|tin nhắn gốc|thư gốc|on behalf of|quoted text",
    re.IGNORECASE,
)
FORWARDS = re.compile(
    r"forwarded message|begin forwarded|weitergeleitete|mensagem encaminhada|mensaje reenviado"
    r"|message transféré|messaggio inoltrato|doorgestuurd|пересылаемое|转发的邮件|轉寄的郵件|转发邮件"
    r"|رسالة معاد توجيهها",
    re.IGNORECASE,
)
_FROM = (
    "from von de da van från fra mula mula\xa0sa mula\xa0kay mittente från od от від kimden "
    "từ lähettäjä remitente 发件人 寄件者 寄件人 差出人 보낸\xa0사람 보낸사람 من مرسل ਵੱਲੋਂ "
    "ਭੇਜਣ\xa0ਵਾਲਾ ਤੋਂ ពី អ្នកផ្ញើ los\xa0ntawm מאת afzender expéditeur absender "
)
_SENT = (
    "sent date gesendet datum enviado enviada enviado\xa0el enviada\xa0em enviado\xa0em fecha "
    "data envoyé envoyé\xa0le date\xa0d'envoi inviato verzonden skickat skickat: sendt dato "
    "wysłano odesláno отправлено дата gönderildi tarih đã\xa0gửi lähetetty 发送时间 发送日期 "
    "日期 时间 寄件日期 傳送日期 日時 送信日時 보낸\xa0날짜 날짜 تم\xa0الإرسال التاريخ أرسلت "
    "تاريخ\xa0الإرسال ਭੇਜਿਆ ਮਿਤੀ បានផ្ញើ ថ្ងៃ\xa0ផ្ញើ កាលបរិច្ឆេទ ipinadala petsa xa hnub "
    "נשלח ngày "
)
_TO = (
    "to an para pour à a aan naar till til komu до кому kime đến vastaanottaja kay sa "
    "destinatario destinataire 收件人 收件者 宛先 받는\xa0사람 받는사람 إلى الى ਪ੍ਰਤੀ ਨੂੰ "
    "ជូនចំពោះ ទៅ rau אל empfänger "
)
_SUBJECT = (
    "subject betreff asunto assunto objet oggetto onderwerp ämne emne temat předmět тема konu "
    "chủ\xa0đề aihe paksa 主题 主旨 標題 主題 件名 제목 الموضوع موضوع ਵਿਸ਼ਾ ប្រធានបទ "
    "ntsiab\xa0lus נושא re "
)
_COPY = (
    "cc kopie copie copia cópia c.c. kopia 抄送 副本 参照 참조 نسخة ਸੀਸੀ ចម្លង reply-to "
    "priority importance wichtigkeit importancia prioridade attachments organization "
)

LABELS: dict[str, str] = {
    word.replace("\xa0", " "): kind
    for kind, words in (("from", _FROM), ("sent", _SENT), ("to", _TO), ("subject", _SUBJECT), ("copy", _COPY))
    for word in words.split(" ")
    if word
}

# The whole last lines that telephones and free mail services put below a mail.
FOOTER = re.compile(
    r"(?:sent (?:from|via|using|with) (?:my |the |a |an )?.{2,60}|get outlook for .{2,40}"
    r"|(?:this email was )?sent from .{2,60}"
    r"|enviado (?:desde|do|de|a partir do|con) (?:mi |meu |meu ?)?.{2,60}|envoyé (?:de|depuis"
    r"|à partir de) .{2,60}"
    r"|von (?:meinem|meiner) .{2,60} (?:gesendet|aus gesendet)|gesendet (?:von|mit) .{2,60}|inviato (?:da"
    r"|dal) .{2,60}"
    r"|verzonden vanaf .{2,60}|outlook (?:for|für|para|pour|per) (?:ios|android).{0,60}"
    r"|obten(?:ga|er) (?:el )?outlook .{2,60}|obter o outlook .{2,60}"
    r"|télécharger outlook .{2,60}|laden sie outlook .{2,60}|yahoo mail: .{2,80}|ipinadala (?:mula"
    r"|gamit) .{2,60}"
    r"|(?:发自|發自|从|從|自)\s?(?:我的)?\s?.{2,40}|使用.{2,30}(?:发送|傳送|送信)|iphone(?:から"
    r"|에서).{0,20}|나의 iphone.{0,20}"
    r"|(?:أُرسلت|أرسلت|مرسل|تم الإرسال|مُرسل) من .{2,60}|ਮੇਰੇ .{2,40} ਤੋਂ ਭੇਜਿਆ.{0,20}"
    r"|ផ្ញើ(?:ចេញ)?ពី .{2,60}|xa los ntawm .{2,60}"
    r"|sendt fra .{2,60}|skickat från .{2,60}|lähetetty .{2,60}|отправлено (?:с|из) .{2,60}"
    r"|wysłane z .{2,60})\Z",
    re.IGNORECASE,
)
# What marks a footer as a program's and no sentence of a person: "Sent from the field office" is one.
DEVICE = re.compile(
    r"iphone|ipad|ipod|apple|android|galaxy|samsung|huawei|xiaomi|pixel|motorola|nokia|\blg\b|htc"
    r"|blackberry|windows (?:phone|10|mail)"
    r"|outlook|yahoo|proton|gmail|\baol\b|mail\b|mobile|móvil|celular|handy|smartphone|tablet|手机|手機|phone"
    r"|telefon|teléfono|telefone|téléphone"
    r"|cellulare|email|e-mail|zoho|gmx|web\.de|spike|spark|mailbird|superhuman|nexus|verizon|t-mobile|at&t"
    r"|هاتف|آيفون|ਫ਼ੋਨ|ਫੋਨ|ਆਈਫੋਨ|ទូរស័ព្ទ|xov tooj",
    re.IGNORECASE,
)
BANNER = re.compile(
    r"\W{0,6}(?:caution|warning|attention|external|external (?:e-?mail|sender|message)|notice|achtung"
    r"|vorsicht|extern|atención|precaución"
    r"|atenção|cuidado|externo|attention|注意|警告|外部邮件|外部郵件|تنبيه|تحذير)\b",
    re.IGNORECASE,
)
# What a banner says after such a beginning: a word of one kind, and below it, not far, one of another.
BANNER_CHAINS = tuple(
    tuple(re.compile(words, re.IGNORECASE) for words in chain)
    for chain in (
        (
            r"outside|external|unknown sender|originat|extern|fuera de|fora d|hors de|außerhalb|外部|من خارج",
            r"link|attachment|click|recogni|trust|verif|caution|enlace|adjunto|clic|anexo|lien|pièce"
            r"|anhäng|öffne|链接|附件|連結|روابط|مرفقات",
        ),
        (
            r"(?:do not|don't) (?:click|open)",
            r"link|attachment",
            r"recogni|sender|trust|know|expect|safe",
        ),
    )
)
_FAR = 400  # characters


def is_banner(said: str) -> bool:
    """Say whether a paragraph reads like a warning of a mail gateway."""
    return bool(BANNER.match(said)) and any(_is_said(said, chain) for chain in BANNER_CHAINS)


def _is_said(said: str, chain: tuple[re.Pattern[str], ...]) -> bool:
    """Say whether words of each kind stand one after the other, each not far from the one before."""
    ends: list[int] | None = None
    for words in chain:
        found = list(words.finditer(said))
        if ends is None:
            ends = [one.end() for one in found]
            continue
        reached = []
        for one in found:
            before = bisect_right(ends, one.start())
            if before and one.start() - ends[before - 1] <= _FAR:
                reached.append(one.end())
        ends = reached
    return bool(ends)
