import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { layOutCollection, readCollection } from "@clawkeep/retrieval";

import { cacheFolder } from "../cache.ts";
import { runOrThrow } from "../cold-query/peers.ts";

/** A collection as it is measured: an index of `files`, asked what `folder` asks, by paths. */
export interface MeasuredCollection {
  readonly name: string;
  /** Collections of one family are left out together when constants are chosen. */
  readonly family: string;
  /** Whether somebody looked the answers up; the bounds are about these. */
  readonly judged: boolean;
  readonly files: string;
  readonly folder: string;
}

const docstrings = "networkx-3.4.2-py3-none-any.whl";

/** Lays out every collection below `work`: those of `evaluation`, and our own. */
export function layOutCollections(
  root: string,
  evaluation: string,
  work: string,
): readonly MeasuredCollection[] {
  const own = path.join(root, "fixtures/corpora/openclaw-docs");
  const files = path.join(own, "files");
  const family = "openclaw-docs";
  const shared = existsSync(evaluation) ? readdirSync(evaluation).sort() : [];
  return [
    ...shared.map((name) => layOut(path.join(evaluation, name), name, true, work)),
    { name: "openclaw-docs", family, judged: true, files, folder: own },
    { name: "openclaw-docs, weak", family, judged: false, files, folder: path.join(own, "weak") },
    layOut(docstringCollection(root, work), "networkx docstrings", false, work),
  ];
}

/** A file a document, and judgements that name the files. */
function layOut(source: string, name: string, judged: boolean, work: string): MeasuredCollection {
  const place = path.join(work, name.replaceAll(" ", "-"));
  const [files, folder] = [path.join(place, "files"), path.join(place, "asked")];
  const { documents = [], questions } = readCollection(source);
  const paths = new Map([...layOutCollection(documents, files)].map(([file, id]) => [id, file]));
  mkdirSync(folder, { recursive: true });
  cpSync(path.join(source, "queries.jsonl"), path.join(folder, "queries.jsonl"));
  const rows = questions.flatMap(({ id, relevance }) =>
    [...relevance].map(
      ([document, grade]) => `${id}\t${paths.get(document) ?? document}\t${grade}\n`,
    ),
  );
  writeFileSync(path.join(folder, "qrels.tsv"), `query-id\tcorpus-id\tscore\n${rows.join("")}`);
  return { name, family: name, judged, files, folder };
}

/** Functions of a pinned Python package, asked for by their docstrings. */
function docstringCollection(root: string, work: string): string {
  const cache = cacheFolder("quality");
  mkdirSync(cache, { recursive: true });
  if (!existsSync(path.join(cache, docstrings))) {
    const pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"];
    runOrThrow("python3", [...pip, "networkx==3.4.2"], cache);
  }
  const [unpacked, target] = [path.join(work, "networkx"), path.join(work, "docstrings")];
  runOrThrow("python3", ["-m", "zipfile", "-e", path.join(cache, docstrings), unpacked]);
  const script = path.join(root, "scripts/real/quality/code-collection.py");
  runOrThrow("python3", [script, path.join(unpacked, "networkx"), target]);
  return target;
}
