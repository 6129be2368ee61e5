"""Writes what the embedder's tokeniser is held to, from the reference implementation.

    python make-reference.py MODEL_FOLDER     (needs: pip install tokenizers==0.23.3)

MODEL_FOLDER holds all-MiniLM-L6-v2's tokenizer.json and vocab.txt. Two files come out:

  src/word-piece/reference-characters.ts  what the reference does with each code point, as compact
      tables. Its Unicode tables are of several versions at once (marks and categories 8.0,
      decompositions 9.0, lower case of its compiler), and none is that of any Node; so nothing is asked
      of the running engine, and an index made by one Node can be read by the next.
  fixtures/wordpiece-v1.jsonl  texts with the reference's ids, and digests over all code points.
"""

import hashlib
import json
import random
import sys
import unicodedata
from pathlib import Path

from tokenizers import Tokenizer

package = Path(__file__).resolve().parent.parent
model = Path(sys.argv[1])
reference = Tokenizer.from_file(str(model / "tokenizer.json"))
reference.no_padding()
reference.no_truncation()
normalize = reference.normalizer.normalize_str
pre_tokenize = reference.pre_tokenizer.pre_tokenize_str

vocabulary = (model / "vocab.txt").read_text(encoding="utf-8").split("\n")
assert vocabulary.pop() == ""
assert {word: i for i, word in enumerate(vocabulary)} == reference.get_vocab()

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
output = {c: normalize(chr(c)) for c in SCALARS}


def is_hangul(c):
    return 0xAC00 <= c <= 0xD7A3


# --- classes ------------------------------------------------------------------------------------
drop = {c for c in SCALARS if output[c] == ""}
space = {c for c in SCALARS if output[c] == " "}
ideograph = {c for c in SCALARS if output[c] == f" {chr(c)} "}
parts = {c: [p for p, _ in pre_tokenize(f"a{chr(c)}a")] for c in SCALARS}
punctuation = {c for c in SCALARS if len(parts[c]) == 3 and output[c] == chr(c)}
mapped = {}
for c in SCALARS:
    if c in drop or c in space or c in ideograph or is_hangul(c) or output[c] == chr(c):
        continue
    mapped[c] = output[c]
    if output[c].startswith(" "):
        # A compatibility ideograph: one ideograph alone, which is isolated by its own class too.
        assert output[c][1:-1] in map(chr, ideograph) if len(output[c]) == 3 else False, hex(c)
        mapped[c] = output[c][1:-1]
    assert all(ord(x) not in drop | space and ord(x) not in mapped for x in mapped[c]), hex(c)
for c in range(0xAC00, 0xD7A4):
    lead, vowel, tail = (c - 0xAC00) // 588, (c - 0xAC00) % 588 // 28, (c - 0xAC00) % 28
    expected = chr(0x1100 + lead) + chr(0x1161 + vowel) + (chr(0x11A7 + tail) if tail else "")
    assert output[c] == expected, hex(c)

# --- order of combining characters ----------------------------------------------------------------
# Marks of category Mn are removed after canonical ordering, so order only shows for the few that stay.
PROBES = ["\u302e", "\U0001d165", "\u1b44"]
stays = [c for c in SCALARS if output[c] == chr(c) and c not in ideograph]
ordered = {}
for c in stays:
    x = chr(c)
    if any(normalize(f"a{p}{x}") != f"a{p}{x}" or normalize(f"a{x}{p}") != f"a{x}{p}" for p in PROBES):
        ordered[c] = unicodedata.combining(x)
for x in ordered:
    for y in ordered:
        swapped = ordered[x] > ordered[y]
        expected = "a" + (chr(y) + chr(x) if swapped else chr(x) + chr(y))
        assert normalize("a" + chr(x) + chr(y)) == expected, (hex(x), hex(y))
breaker = {c for c in drop if normalize(f"a\u302e{chr(c)}\U0001d165") == "a\u302e\U0001d165"}
expanding = {c for c, text in mapped.items() if any(ord(x) in ordered for x in text)}


# --- compact tables ---------------------------------------------------------------------------------
def base36(number):
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    sign, number, text = ("-" if number < 0 else ""), abs(number), ""
    while True:
        number, digit = divmod(number, 36)
        text = digits[digit] + text
        if number == 0:
            return sign + text


def ranges(points):
    """`gap length gap length …`: gap from the end of the range before."""
    words, end, points = [], 0, sorted(points)
    index = 0
    while index < len(points):
        start = points[index]
        length = 1
        while index + length < len(points) and points[index + length] == start + length:
            length += 1
        words += [base36(start - end), base36(length)]
        end = start + length
        index += length
    return " ".join(words)


def mappings(entries):
    """`gap:difference,difference…[*times]`: differences from the code point to what replaces it."""
    words, last = [], 0
    for c, text in sorted(entries.items()):
        word = f"{base36(c - last)}:{','.join(base36(ord(x) - c) for x in text)}"
        if words and words[-1][0] == word:
            words[-1][1] += 1
        else:
            words.append([word, 1])
        last = c
    return " ".join(word if times == 1 else f"{word}*{base36(times)}" for word, times in words)


def constant(name, text, comment):
    lines = [f'/** {comment} */', f"export const {name}: string =", f'  "{text}";', ""]
    return "\n".join(lines)


orders = {}
for c, order in ordered.items():
    orders.setdefault(order, set()).add(c)
source = f"""// Written by scripts/make-reference.py from tokenizers 0.23.3. Do not edit.
// Numbers are base 36. Ranges are `gap length` pairs; mappings are `gap:difference,…*times`.

{constant("dropped", ranges(drop - breaker), "Removed: controls, private use, marks, U+0000, U+FFFD.")}
{constant("droppedMarks", ranges(breaker), "Removed marks of combining class 0: no combining character is moved across them.")}
{constant("spaces", ranges(space), "End a word.")}
{constant("isolated", ranges(punctuation | ideograph), "A word of their own: punctuation and ideographs.")}
{constant("replaced", mappings(mapped), "Replaced: accents off, lower case, compatibility forms.")}
/** Combining characters that stay, by combining class: the order within a run is canonical. */
export const combining: Readonly<Record<number, string>> = {{
{"".join(f'  {order}: "{ranges(points)}",' + chr(10) for order, points in sorted(orders.items()))}}};

{constant("expanding", ranges(expanding), "Replaced by a text that has such combining characters in it.")}"""
(package / "src/word-piece").mkdir(exist_ok=True)
(package / "src/word-piece/reference-characters.ts").write_text(source.rstrip() + "\n", encoding="utf-8")

# --- texts ------------------------------------------------------------------------------------------
texts = []


def add(name, text):
    texts.append((name, text))


for text in [
    "", " ", "\n", "hello", "Hello, World!", "The quick brown fox jumps over the lazy dog.",
    "don't can't won't it's", "e.g. 3.14 1,000,000 50% $5 #1 @x a_b a-b a/b a\\b <tag/> {x: [1]}",
    "camelCaseIdentifier snake_case_identifier SCREAMING_CASE kebab-case x86_64 utf8 v1.2.3-rc.1",
    "https://example.org/path?query=1&b=%20#part", "C:\\Windows\\System32", "git commit -m 'x' && echo $?",
    "naïve café résumé Ångström Straße STRASSE ẞ ß İstanbul ISTANBUL ıstanbul ΟΔΥΣΣΕΥΣ ὈΔΥΣΣΕΎΣ ς Σ",
    "DŽ Dž dž LJ Lj lj DZ Dz dz fi ffl ſ K Å Ω ℵ ™ ½ ² ③ Ⅷ ⅷ Ⓐ ⓐ Ａ ａ １ ！ ｶ ﾞ",
    "日本語のテキスト 中文文本 한국어 텍스트 각 힣 ㅎㅏㄴ 豈 更 車 丽 \U0002f800 \U00020000 \U0002a6df \U0002b740 \U0002b820 \U0002ceb0 \U00030000",
    "العربية النص عَرَبِيّ שָׁלוֹם עולם हिन्दी पाठ தமிழ் ไทย ภาษาไทย ລາວ မြန်မာ ខ្មែរ ქართული ᲥᲐᲠᲗᲣᲚᲘ Ꭰꭰ ᎠᏰ ꭰ",
    "Русский текст Ё ё Й й Українська Ї ї Ґ ґ Việt Nam tiếng Việt Ơ ơ Ư ư Đ đ Ł ł Ø ø Æ æ Œ œ Þ þ Ð ð ŋ Ŋ",
    "😀 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️ ☎︎ 1️⃣ ©️ 🧑🏻‍🚀 🫠 🪿",
    "zero\u200bwidth\u200cnon\u200djoiner\ufeffbom\u2060word\u00adsoft\u180emongolian\u061calm\u034fcgj",
    "nul\x00bell\x07esc\x1bdel\x7fc1\x9fnel\x85tab\tlf\ncr\rvt\x0bff\x0c us\x1f",
    "a\u00a0b\u1680c\u2000d\u2001e\u2002f\u2003g\u2028h\u2029i\u202fj\u205fk\u3000l",
    "\u202eright to left\u202c \u2066isolate\u2069 \ufff9annotation\ufffa\ufffb\ufffc\ufffd",
    "\ue000\uf8ff\U000f0000\U0010fffd \ufdd0\ufffe\uffff\U0001fffe\U0010ffff \u0378\U000e0080\U000e0fff",
    "[CLS] [SEP] [UNK] [PAD] [MASK]", "[cls] [Sep] [ CLS ] [CLS", "a[SEP]b [[SEP]] [SEP][CLS]", "[C\u200dLS] [SE\u0301P] ［CLS］",
    "[SEP\u302e] [CLS]\u302e\U0001d165 x\u302e[SEP]\U0001d165", "[unused1] [unused99] ##ing ## # a##b", "'' \"\" ``  -- ... … — – ‐ ‑ ·",
    "a\u302e\U0001d165b a\u302e\u0301\U0001d165b a\u302e\u034f\U0001d165b a\u302e\u200d\U0001d165b a\u302e\u0000\U0001d165 \U0001d15f\u302e\U0001d165 \U0001d160\u1b44",
    "e\u0301 e\u0301\u0302 é\u0302 \u0301 \u0301a \u0344 \u0958 \u09dc \u0b5c \u0f43 \u0f73 \ufb1d \ufb2a \u212b \u2adc \u1fbe \u1fef \u037e \u0387 \u2000",
    "~ ^ ` ´ ¨ ¸ ¯ ˚ ˝ $ € £ ¥ ₿ + < = > | ¬ ± × ÷ § ¶ † ‡ • ‰ ′ ″ ‽ ⁂ ⸮ 〃 〈 〉 。 、 ・ ー ～ ﹏ ＿",
    "internationalization antidisestablishmentarianism supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis",
    "xqzjkvbwp qqqqqqqq zzzzzzzzzzzzzz 0123456789 00000000000000000000 deadbeefcafebabe 9f86d081884c7d659a2feaa0c55ad015",
]:
    add("text", text)
for n in (1, 2, 98, 99, 100, 101, 102, 199, 200, 201, 5000):
    for unit in ("a", "ab", "é", "e\u0301", "\u00df", "\U00010400", "\U0001f600", "\uac01", "\u1f82", "ö\u200d", "中", "-"):
        add(f"{n} units", (unit * n)[: max(n, len(unit))])
        add(f"{n} units", f"x {unit * n} y")
for n in (252, 253, 254, 255, 256, 257, 400):
    add(f"{n} words", "word " * n)
    add(f"{n} words", "unbelievableness " * n)
special = sorted(drop | space | punctuation | set(mapped) | set(ordered))
edges = set()
for c in sorted(set(special) | ideograph | set(range(0xAC00, 0xD7A4))):
    edges.update(x for x in (c - 1, c, c + 1) if x in output)
inside = {c for c in edges if all(x in drop or x in ideograph or is_hangul(x) for x in (c - 1, c, c + 1))}
points = sorted(edges - inside)
for start in range(0, len(points), 48):
    some = points[start : start + 48]
    add(f"from U+{some[0]:04X}", " ".join(f"a{chr(c)}b" for c in some) + "".join(map(chr, some)))
chance = random.Random(20250101)
alphabets = [
    [chr(c) for c in range(32, 127)],
    list("aeiou snrtl  ") + ["\u0301", "\u0308", "é", "ß", "İ", "-", "'"],
    [chr(c) for c in special],
    [chr(c) for c in ordered] + [chr(c) for c in expanding] + ["a", "\u0301", "\u034f", "\u200d"],
    [chr(c) for c in SCALARS],
    [word.removeprefix("##") for word in vocabulary],
    ["[CLS]", "[SEP]", "[", "]", "CLS", "[MASK", "a", " ", "\u302e", "\U0001d165", "\u200d"],
]
for round in range(700):
    alphabet = alphabets[round % len(alphabets)]
    add(f"random {round}", "".join(chance.choices(alphabet, k=chance.randint(1, 40))))

lines = []
for name, text in texts:
    ids = reference.encode(text).ids
    line = {"name": name, "text": text, "ids": ids}
    if len(ids) > 300:
        line["ids"] = ids[:255] + [ids[-1]]
        line["count"] = len(ids) - 2
    lines.append(line)

# --- every code point ---------------------------------------------------------------------------------
BLOCK = 4096
for start in range(0, 0x110000, BLOCK):
    some = [c for c in range(start, start + BLOCK) if c in output]
    if not some:
        continue
    encoded = reference.encode_batch([f"a{chr(c)}b {chr(c)}\u0301A{chr(c)}" for c in some])
    digest = hashlib.sha256()
    for item in encoded:
        digest.update(b"".join(i.to_bytes(4, "little") for i in item.ids))
    lines.append({"block": start, "size": BLOCK, "sha256": digest.hexdigest()[:32]})

with open(package / "fixtures/wordpiece-v1.jsonl", "w", encoding="utf-8") as file:
    for line in lines:
        file.write(json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n")
print(len(texts), "texts,", len(special), "special code points,", len(ordered), "ordered,", len(breaker), "breakers")
