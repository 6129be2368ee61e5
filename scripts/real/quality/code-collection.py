"""Writes a collection in BEIR form: functions of a Python package, asked for by the first paragraph of their
docstrings, which are taken out of the documents. Nobody checked these judgements; they choose constants.

    python3 code-collection.py PACKAGE-FOLDER TARGET-FOLDER
"""

import ast
import hashlib
import json
import pathlib
import sys

MOST = 500


def functions(package: pathlib.Path):
    for file in sorted(package.rglob("*.py")):
        if "tests" in file.parts:
            continue
        source = file.read_text(encoding="utf-8")
        lines = source.split("\n")
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or len(node.body) < 2:
                continue
            asked = " ".join((ast.get_docstring(node) or "").strip().split("\n\n")[0].split())
            said = node.body[0]
            text = "\n".join(lines[node.lineno - 1 : said.lineno - 1] + lines[said.end_lineno : node.end_lineno])
            if 25 < len(asked) < 200 and 200 < len(text) < 3000:
                yield f"{file.relative_to(package)}:{node.lineno}", asked, text


def main(package: str, target: str) -> None:
    found = sorted(functions(pathlib.Path(package)), key=lambda row: hashlib.sha256(row[0].encode()).digest())[:MOST]
    folder = pathlib.Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "corpus.jsonl").open("w") as corpus, (folder / "queries.jsonl").open("w") as queries, (
        folder / "qrels.tsv"
    ).open("w") as qrels:
        qrels.write("query-id\tcorpus-id\tscore\n")
        for place, (name, asked, text) in enumerate(found):
            corpus.write(json.dumps({"_id": name, "title": "", "text": text}) + "\n")
            if place % 2 == 0:
                queries.write(json.dumps({"_id": f"q{place}", "text": asked}) + "\n")
                qrels.write(f"q{place}\t{name}\t1\n")


main(*sys.argv[1:])
