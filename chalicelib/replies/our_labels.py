"""Labels that stand before the lines of a report in our mails, in every language of ours.

In small letters, up to their colon, question mark or bracket, and no longer than LABEL_MOST. The catalogs
are not read here, for this is a rule about somebody's text: a test holds the list to them.
"""

from __future__ import annotations

import re

LABEL_MOST = 40  # characters
LABEL_ENDS = ":：៖?？؟(（"
OUR_LABELS = frozenset(
    {
        # en
        "case number", "came in on", "what kind", "where", "when", "a car",
        "is the writer the person concerned", "could it put someone in danger if police",
        "language of the page", "what they wrote, word for word", "end of what they wrote",
        "the same report also went to", "page for", "also sent to", "the writer chose this office",
        "the nearest lines to pass it to", "read these first, a visit or a call can",
        "to answer this one, write to", "this message also went to",
        # ar
        "رقم الحالة", "تاريخ الوصول", "النوع", "أين", "متى", "سيارة", "هل مَن كتب هو الشخص المعني",
        "هل يمكن أن يتعرض أحد للخطر إذا جاءت الشر", "لغة الصفحة", "ما كُتب، كلمة بكلمة", "نهاية ما كُتب",
        "أُرسل البلاغ نفسه أيضًا إلى", "الصفحة الخاصة بـ", "أُرسل أيضًا إلى", "اختار مَن كتب هذه الجهة",
        "أقرب الخطوط التي يمكن تحويله إليها", "اقرأ هذه أولًا، فقد تعرّض زيارة أو مكالم",
        "للرد على هذا البلاغ، اكتبوا إلى", "أُرسلت هذه الرسالة أيضًا إلى",
        # es
        "número de caso", "llegó el", "de qué tipo", "dónde", "cuándo", "un carro",
        "quien escribe es la persona afectada", "podría poner a alguien en peligro si la",
        "idioma de la página", "lo que escribió, palabra por palabra", "fin de lo que escribió",
        "el mismo reporte se envió también a", "página de", "enviado también a",
        "quien escribió eligió esta oficina", "las líneas más cercanas a las que se pue",
        "lea primero estos; una visita o una llam", "para contestar este, escriba a",
        "este mensaje se envió también a",
        # fil
        "numero ng kaso", "dumating noong", "anong uri", "saan", "kailan", "sasakyan",
        "ang sumulat ba ang taong apektado", "delikado ba para kaninuman kung may puli", "wika ng pahina",
        "ang isinulat nila, salita por salita", "katapusan ng isinulat nila",
        "ipinadala rin ang parehong ulat sa", "pahina para sa", "ipinadala rin sa",
        "pinili ng sumulat ang opisinang ito", "mga pinakamalapit na linyang mapagpapasa",
        "basahin muna ang mga ito, maaaring may m", "para sagutin ang isang ito, sumulat sa",
        "ipinadala rin ang mensaheng ito sa",
        # hmn
        "tus lej case", "tuaj txog thaum", "hom dab tsi", "qhov twg", "thaum twg", "ib lub tsheb",
        "tus sau puas yog tus neeg uas zaj no hai", "yog tub ceev xwm tuaj txog rooj vag, pua",
        "nplooj hom lus", "tej lawv sau, raws nraim txhua lo lus", "xaus tej lawv sau",
        "tib tsab ntawv qhia no kuj xa mus rau", "nplooj rau", "kuj xa mus rau",
        "tus sau xaiv lub chaw hauj lwm no", "cov xov tooj nyob ze tshaj uas xa mus ta",
        "nyeem cov no ua ntej, kev mus xyuas los", "yog xav teb tsab no, sau mus rau",
        "tsab xov no kuj xa mus rau",
        # km
        "លេខសំណុំរឿង", "មកដល់នៅ", "ប្រភេទអ្វី", "ទីណា", "ពេលណា", "ឡាន", "តើអ្នកសរសេរជាសាមីខ្លួនឬ",
        "បើប៉ូលីសមកដល់មាត់ទ្វារ តើអាចធ្វើឱ្យអ្នកណ", "ភាសានៃទំព័រ", "អ្វីដែលគេបានសរសេរ ដូចដើមគ្រប់ពាក្យ",
        "ចប់អ្វីដែលគេបានសរសេរ", "របាយការណ៍ដដែលនេះបានផ្ញើទៅទីនេះដែរ", "ទំព័រសម្រាប់", "បានផ្ញើទៅទីនេះដែរ",
        "អ្នកសរសេរបានជ្រើសរើសការិយាល័យនេះ", "លេខទូរសព្ទជិតបំផុតដែលអាចផ្ញើបន្តទៅបាន",
        "សូមអានរបាយការណ៍ទាំងនេះមុន ការទៅជួប ឬការទ", "ដើម្បីឆ្លើយរបាយការណ៍នេះ សូមសរសេរទៅ",
        "សារនេះបានផ្ញើទៅទីនេះដែរ",
        # pa
        "ਕੇਸ ਨੰਬਰ", "ਆਉਣ ਦੀ ਤਾਰੀਖ਼", "ਕਿਸ ਕਿਸਮ ਦੀ", "ਕਿੱਥੇ", "ਕਦੋਂ", "ਕਾਰ",
        "ਕੀ ਲਿਖਣ ਵਾਲਾ ਆਪ ਹੀ ਉਹ ਵਿਅਕਤੀ ਹੈ ਜਿਸ ਬਾਰੇ", "ਜੇ ਪੁਲਿਸ ਦਰਵਾਜ਼ੇ ਉੱਤੇ ਆਵੇ, ਤਾਂ ਕੀ ਕਿਸੇ ਲ",
        "ਪੰਨੇ ਦੀ ਭਾਸ਼ਾ", "ਉਨ੍ਹਾਂ ਨੇ ਜੋ ਲਿਖਿਆ, ਸ਼ਬਦ-ਦਰ-ਸ਼ਬਦ", "ਉਨ੍ਹਾਂ ਦੇ ਲਿਖੇ ਦਾ ਅੰਤ",
        "ਇਹੀ ਰਿਪੋਰਟ ਇਨ੍ਹਾਂ ਨੂੰ ਵੀ ਭੇਜੀ ਗਈ", "ਕਿਸ ਥਾਂ ਦਾ ਪੰਨਾ", "ਇਨ੍ਹਾਂ ਨੂੰ ਵੀ ਭੇਜੀ ਗਈ",
        "ਲਿਖਣ ਵਾਲੇ ਨੇ ਇਹ ਦਫ਼ਤਰ ਚੁਣਿਆ ਸੀ", "ਸਭ ਤੋਂ ਨੇੜੇ ਦੀਆਂ ਲਾਈਨਾਂ, ਜਿਨ੍ਹਾਂ ਨੂੰ ਇਹ",
        "ਪਹਿਲਾਂ ਇਹ ਪੜ੍ਹੋ, ਉੱਥੇ ਜਾਣਾ ਜਾਂ ਫ਼ੋਨ ਕਰਨਾ", "ਇਸ ਦਾ ਜਵਾਬ ਦੇਣ ਲਈ ਇੱਥੇ ਲਿਖੋ",
        "ਇਹ ਸੁਨੇਹਾ ਇਨ੍ਹਾਂ ਨੂੰ ਵੀ ਭੇਜਿਆ ਗਿਆ",
        # pt
        "chegou em", "de que tipo", "onde", "quando", "um carro", "quem escreveu é a pessoa em causa",
        "se a polícia aparecesse à porta, isso po", "idioma da página",
        "o que escreveu, palavra por palavra", "fim do que escreveu",
        "o mesmo relato foi enviado também a", "enviado também a", "quem escreveu escolheu este serviço",
        "as linhas mais próximas a que se pode pa", "leia primeiro estes; uma visita ou uma c",
        "para responder a este, escreva para", "esta mensagem foi enviada também a",
        # zh-Hans
        "案件编号", "收到日期", "类型", "地点", "时间", "车辆", "写的人是当事人吗",
        "如果警察上门，会不会让什么人陷入危险", "页面语言", "原文，一字不改", "原文结束",
        "同一份报告也发给了", "所属页面", "同时发给", "写的人选了这个机构", "可以转交的最近的电话",
        "请先看这些，上门或打电话可能会让人陷入危险", "要答复这一份，请写信到", "这条消息也发给了",
        # zh-Hant
        "案件編號", "類型", "地點", "時間", "車輛", "寫的人就是當事人嗎",
        "如果警察上門，會不會讓什麼人陷入危險", "頁面語言", "原文結束", "同一份通報也寄給了", "所屬頁面",
        "同時寄給", "寫的人選了這個單位", "可以轉交的最近的電話",
        "請先看這些，上門或打電話可能會讓人陷入危險", "要回覆這一份，請寫信到", "這則訊息也寄給了",
    }
)  # fmt: skip
_END = re.compile(f"[{LABEL_ENDS}]")


def plain_label(line: str) -> str:
    """Return how a line begins, up to what ends a label, as it stands in OUR_LABELS."""
    return (
        " ".join(_END.split(line.lstrip(" \t>|*_¿-"), maxsplit=1)[0].split())
        .strip("*_ ")
        .lower()[:LABEL_MOST]
        .strip()
    )
