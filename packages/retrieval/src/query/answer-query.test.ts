import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { digestBytes } from "@clawkeep/integrity";
import { buildKeywordSections } from "@clawkeep/keyword-index";
import { addBit, buildChunkSections, createBitset, writeSegment } from "@clawkeep/segment";
import { buildVectorSections } from "@clawkeep/vector-index";
import { describe, expect, test } from "vitest";

import type { Places } from "../ingest/stand-in-model.cases.ts";
import { embedQuery, standInVector, temporaryPlaces } from "../ingest/stand-in-model.cases.ts";
import { encodeDeleted } from "../snapshot/deleted-bitset.ts";
import type { SnapshotContent, SnapshotSegment } from "../snapshot/snapshot.ts";
import { formatSnapshot } from "../snapshot/snapshot-json.ts";
import { snapshotRoot } from "../snapshot/snapshot-root.ts";
import type { Answer } from "./answer.ts";
import { answerQuery } from "./answer-query.ts";
import { openIndex } from "./open-index.ts";

const texts: readonly string[] = [
  "Green tea is brewed at eighty degrees.",
  "Espresso needs nine bar of pressure.",
  "Water boils at one hundred degrees.",
  "Milk is heated to sixty degrees for a cappuccino.",
  "The grinder is cleaned every Monday.",
  "A forgotten page about pressure and degrees.",
];

/** Writes texts, one a document, as a segment; those in `deleted` are marked so. */
async function segmentOf(
  places: Places,
  numbers: readonly number[],
  deleted: readonly number[] = [],
): Promise<SnapshotSegment> {
  const documents = numbers.map((number) => {
    const text = texts[number] ?? "";
    return {
      path: `${number}.txt`,
      title: `Page ${number}`,
      size: text.length,
      digest: digestBytes(text),
      chunks: [
        {
          ordinal: 0,
          text,
          byteStart: 0,
          byteEnd: text.length,
          lineStart: 1,
          lineEnd: 1,
          headings: [],
          title: `Page ${number}`,
          digest: digestBytes(text),
        },
      ],
    };
  });
  const vectors = new Float32Array(numbers.length * 64);
  numbers.forEach((number, row) => vectors.set(standInVector(texts[number] ?? ""), row * 64));
  const folder = path.join(places.folder, "segments");
  mkdirSync(folder, { recursive: true });
  const written = await writeSegment({ folder, name: (of) => `${of.slice(7)}.seg` }, [
    ...buildChunkSections(documents),
    ...buildVectorSections(vectors, 64),
    ...buildKeywordSections(
      documents.map(({ title, chunks }) => ({ title, body: chunks[0]?.text ?? "" })),
    ),
  ]);
  const bits = createBitset(numbers.length);
  deleted.forEach((number) => addBit(bits, numbers.indexOf(number)));
  return {
    file: path.basename(written.path),
    digest: written.digest,
    chunks: numbers.length,
    ...(deleted.length === 0 ? {} : { deleted: encodeDeleted(bits, numbers.length) }),
  };
}

function publish(places: Places, segments: readonly SnapshotSegment[], sequence = 1): string {
  const content: SnapshotContent = {
    format: 1,
    spaceId: "space-one",
    analyser: "a",
    chunker: "c",
    segments,
    documents: 5,
    chunks: 5,
    chunkRoot: digestBytes(""),
  };
  const root = snapshotRoot(content);
  mkdirSync(places.folder, { recursive: true });
  writeFileSync(
    path.join(places.folder, "snapshot.json"),
    formatSnapshot({ ...content, indexId: "0".repeat(32), sequence, snapshotRoot: root }),
  );
  return root;
}

async function ask(places: Places, root: string, query: string, topK = 5): Promise<Answer> {
  const trust = { snapshotRoot: root as `sha256:${string}` };
  using index = openIndex(places.folder, trust, "space-one");
  return await answerQuery(index, embedQuery, query, { topK, explain: true });
}

describe("an answer", () => {
  test("is the same out of one segment and out of several, deleted chunks apart", async () => {
    using one = temporaryPlaces();
    using several = temporaryPlaces();
    const whole = publish(one, [await segmentOf(one, [0, 1, 2, 3, 4])]);
    const parts = publish(several, [
      await segmentOf(several, [0, 1]),
      await segmentOf(several, [2, 3, 5], [5]),
      await segmentOf(several, [4]),
    ]);
    for (const query of ["pressure", "how many degrees", "grinder on monday", "page 3"]) {
      const [first, second] = [await ask(one, whole, query), await ask(several, parts, query)];
      const paths = (answer: Answer): string[] => answer.results.map((hit) => hit.citation.path);
      expect(paths(second)).toEqual(paths(first));
      expect(paths(second)).not.toContain("5.txt");
      const cosines = (answer: Answer): (number | undefined)[] =>
        answer.results.map((hit) => hit.explain?.cosine);
      expect(cosines(second)).toEqual(cosines(first));
    }
  });

  test("has both legs' scores for each hit, and the best keyword hit gets all of that leg", async () => {
    using places = temporaryPlaces();
    const root = publish(places, [await segmentOf(places, [0, 1, 2, 3, 4])]);
    const answer = await ask(places, root, "pressure");
    const [hit, ...others] = answer.results;
    expect(hit?.citation.path).toBe("1.txt");
    const { cosine = 0, bm25 = 0, fused = 0 } = hit?.explain ?? {};
    expect(bm25).toBe(answer.explain?.largestBm25);
    const { vector = 0, keyword = 0 } = answer.explain?.weights ?? {};
    expect(vector + keyword).toBeCloseTo(1, 12);
    expect(fused).toBeCloseTo(vector * cosine + keyword, 5);
    for (const other of others) {
      expect(other.explain?.bm25).toBe(0);
      expect(other.explain?.fused).toBeCloseTo(vector * (other.explain?.cosine ?? 0), 12);
      expect(other.explain?.keywordRank).toBeUndefined();
    }
  });

  test("has the same bytes each time", async () => {
    using places = temporaryPlaces();
    const root = publish(places, [await segmentOf(places, [0, 1, 2, 3, 4])]);
    const first = JSON.stringify(await ask(places, root, "degrees of water"));
    expect(JSON.stringify(await ask(places, root, "degrees of water"))).toBe(first);
  });

  test("to nothing is no match, and the model is not asked", async () => {
    using places = temporaryPlaces();
    const root = publish(places, []);
    using index = openIndex(
      places.folder,
      { snapshotRoot: root as `sha256:${string}` },
      "space-one",
    );
    const never = (): Promise<Float32Array> => Promise.reject(new Error("asked"));
    for (const query of ["", " \n\t", "tea"]) {
      expect(await answerQuery(index, never, query)).toMatchObject({
        results: [],
        summary: { text: "", sentences: [] },
        reason: "no-match",
      });
    }
  });

  test("refuses to give no passages, too many, or to read a book as a question", async () => {
    using places = temporaryPlaces();
    const root = publish(places, []);
    using index = openIndex(
      places.folder,
      { snapshotRoot: root as `sha256:${string}` },
      "space-one",
    );
    for (const topK of [0, 201, 1.5, Number.NaN]) {
      await expect(answerQuery(index, embedQuery, "tea", { topK })).rejects.toMatchObject({
        code: "QUERY_TOP_K",
      });
    }
    await expect(answerQuery(index, embedQuery, "x".repeat(70_000))).rejects.toMatchObject({
      code: "QUERY_TOO_LONG",
    });
  });
});

describe("a reader that a publication overtakes", () => {
  test("opens the new snapshot when the old one's segment is gone", async () => {
    using places = temporaryPlaces();
    const old = await segmentOf(places, [0, 1]);
    const next = await segmentOf(places, [2, 3]);
    let root = publish(places, [old]);
    let overtaken = false;
    const trust = {
      // Asked between reading the snapshot and opening its segments.
      get snapshotRoot(): `sha256:${string}` {
        const read = root as `sha256:${string}`;
        if (!overtaken) {
          overtaken = true;
          root = publish(places, [next], 2);
          rmSync(path.join(places.folder, "segments", old.file));
        }
        return read;
      },
    };
    using index = openIndex(places.folder, trust, "space-one");
    expect(index.snapshot.sequence).toBe(2);
  });

  test("goes on answering from files that were removed after it opened them", async () => {
    using places = temporaryPlaces();
    const root = publish(places, [await segmentOf(places, [0, 1, 2])]);
    const trust = { snapshotRoot: root as `sha256:${string}` };
    using index = openIndex(places.folder, trust, "space-one");
    for (const name of readdirSync(path.join(places.folder, "segments"))) {
      rmSync(path.join(places.folder, "segments", name));
    }
    const answer = await answerQuery(index, embedQuery, "espresso");
    expect(answer.results[0]?.citation.path).toBe("1.txt");
  });

  test("says what is missing when no new snapshot explains it", async () => {
    using places = temporaryPlaces();
    const segment = await segmentOf(places, [0]);
    const root = publish(places, [segment]);
    rmSync(path.join(places.folder, "segments", segment.file));
    const trust = { snapshotRoot: root as `sha256:${string}` };
    expect(() => openIndex(places.folder, trust, "space-one")).toThrow(
      expect.objectContaining({ code: "SEGMENT_READ" }),
    );
  });
});
