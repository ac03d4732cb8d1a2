"""Prompts that are hard to lay out: long ones, long words, other scripts and directions."""

from __future__ import annotations

GERMAN = (
    "Donaudampfschifffahrtsgesellschaftskapitänsmütze auf einem Eichenholzschreibtisch, Nahaufnahme, "
    "Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung im Hintergrund, Gegenlichtaufnahme"
)
ARABIC = "قارب شراعي وحيد يبحر عبر خليج هادئ عند الغروب، ضوء ذهبي، كاميرا تقترب ببطء (35 mm)، 10 s"
HEBREW = "סירת מפרש בודדה חוצה מפרץ שקט בשעת הזהב, תנועת מצלמה איטית, 35mm"
JAPANESE = (
    "夕暮れの静かな湾を一艘の帆船がゆっくりと進む。黄金色の光、ゆるやかなドリーイン、"
    "三十五ミリフィルムの粒子感。雨に濡れた石畳に提灯の明かりが映る。"
)
CHINESE = "黄昏时分，一艘孤独的帆船缓缓驶过平静如镜的海湾，金色的光线，缓慢推进的镜头，胶片颗粒"
MIXED = "A 帆船 (סירה) drifts 🌊⛵️ past a قارب, then the title “Zeit — 時間” appears 👩🏽‍🚀"
_SENTENCE = "The camera glides past wet cobblestones while lanterns sway, a cat looks up, and rain begins to fall. "
#: 2,000 characters, the most that the Sora 2 Video API takes.
LONG = (_SENTENCE * 30)[:2000]
#: By the id of their sample job.
PROMPTS = {
    "german": GERMAN,
    "arabic": ARABIC,
    "hebrew": HEBREW,
    "japanese": JAPANESE,
    "chinese": CHINESE,
    "mixed": MIXED,
    "long": LONG,
    "word": "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 4,
    "short": "x",
}
