import { isCodedError } from "@clawkeep/diagnostics";
import { addBit, createBitset } from "@clawkeep/segment";
import type { SectionData } from "@clawkeep/segment";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { openSections } from "../test/open-sections.ts";
import { analyse } from "./analyser/analyse.ts";
import { averageLengths, inverseDocumentFrequency, termScore } from "./bm25f.ts";
import { buildKeywordSections } from "./build-keyword-sections.ts";
import type { KeywordInput } from "./build-keyword-sections.ts";
import type { KeywordIndex } from "./keyword-index.ts";
import { openKeywordIndex, sumStatistics } from "./open-keyword-index.ts";

async function indexOf(chunks: readonly KeywordInput[], resident = false): Promise<KeywordIndex> {
  const segment = await openSections(buildKeywordSections(chunks), chunks.length);
  return openKeywordIndex(segment, { resident });
}

/** BM25F straight from its definition, over the terms themselves. */
function oracle(chunks: readonly KeywordInput[], query: readonly string[]): readonly number[] {
  const analysed = chunks.map(({ title, body }) => ({
    title: analyse(title),
    body: analyse(body),
  }));
  const sum = (field: "title" | "body"): number =>
    analysed.reduce((total, chunk) => total + chunk[field].length, 0);
  const totals = { chunks: chunks.length, titleTerms: sum("title"), bodyTerms: sum("body") };
  return analysed.map(({ title, body }) => {
    let score = 0;
    for (const term of new Set(query)) {
      const count = (list: readonly string[]): number => list.filter((one) => one === term).length;
      const holding = analysed.filter((one) => count([...one.title, ...one.body]) > 0).length;
      if (count([...title, ...body]) > 0) {
        const weight = count(query) * inverseDocumentFrequency(chunks.length, holding);
        const averages = averageLengths(totals);
        score += weight * termScore(count(title), count(body), title.length, body.length, averages);
      }
    }
    return score;
  });
}

const word = fc.constantFrom(
  "retry",
  "retries",
  "getUser",
  "user",
  "index",
  "segment",
  "of",
  "ß",
  "検索",
);
const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(" "));
const chunk = fc.record({ title: text, body: text });
const chunks = fc.array(chunk, { maxLength: 20 });

describe("the chunks that hold a term", () => {
  test("are those whose field gives it", async () => {
    await fc.assert(
      fc.asyncProperty(chunks, word, async (input, asked) => {
        fc.pre(input.length > 0);
        const index = await indexOf(input);
        const holding = (of: (chunk: KeywordInput) => string, term: string): readonly number[] =>
          input.flatMap((one, id) => (analyse(of(one)).includes(term) ? [id] : []));
        for (const term of analyse(asked)) {
          const titles = holding(({ title }) => title, term);
          const bodies = holding(({ body }) => body, term);
          expect([...index.chunksWith(term, "title")]).toEqual(titles);
          expect([...index.chunksWith(term, "body")]).toEqual(bodies);
          expect([...index.chunksWith(term, "any")]).toEqual(
            [...new Set([...titles, ...bodies])].sort((a, b) => a - b),
          );
        }
        expect(index.chunksWith("never", "any")).toHaveLength(0);
      }),
      { numRuns: 30 },
    );
  });
});

describe("a search by words", () => {
  test("ranks every chunk that holds a term by BM25F, ties by id", async () => {
    await fc.assert(
      fc.asyncProperty(chunks, text, fc.boolean(), async (list, query, resident) => {
        const index = await indexOf(list, resident);
        const terms = analyse(query);
        const expected = oracle(list, terms)
          .map((score, id) => ({ id, score: Math.fround(score) }))
          .filter(({ score }) => score > 0)
          .sort((a, b) => b.score - a.score || a.id - b.id);
        const { ids, scores } = index.search(terms, 100);
        expect([...ids]).toEqual(expected.map(({ id }) => id));
        expected.forEach(({ score }, place) => expect(scores[place]).toBeCloseTo(score, 5));
        expect(index.scoresOf(terms, ids)).toEqual(scores);
        expect([...index.search(terms, 3).ids]).toEqual([...ids].slice(0, 3));
      }),
      { numRuns: 60 },
    );
  });

  test("gives the scores of a query whatever was asked before it", async () => {
    const query = fc.array(word, { maxLength: 3 }).map((words) => analyse(words.join(" ")));
    await fc.assert(
      fc.asyncProperty(
        chunks,
        chunks,
        fc.array(query, { maxLength: 4 }),
        async (one, two, asked) => {
          const [used, other] = [await indexOf(one), await indexOf(two)];
          const ids = one.map((_, index) => index);
          for (const terms of [...asked, ...asked.toReversed()]) {
            for (const statistics of [undefined, sumStatistics([used, other], terms)]) {
              const options = statistics === undefined ? {} : { statistics };
              const hits = used.search(terms, 5, options);
              const fresh = await indexOf(one);
              expect(hits).toEqual(fresh.search(terms, 5, options));
              expect(used.scoresOf(terms, ids, options)).toEqual(
                fresh.scoresOf(terms, ids, options),
              );
            }
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  test("over several segments with summed statistics scores as over one", async () => {
    await fc.assert(
      fc.asyncProperty(chunks, chunks, text, async (first, second, query) => {
        const terms = analyse(query);
        const together = await indexOf([...first, ...second]);
        const parts = [await indexOf(first), await indexOf(second)];
        const statistics = sumStatistics(parts, terms);
        const whole = together.search(terms, 100);
        const [a, b] = parts.map((part) => part.search(terms, 100, { statistics }));
        const merged = new Map<number, number>();
        a?.ids.forEach((id, place) => merged.set(id, a.scores[place] ?? 0));
        b?.ids.forEach((id, place) => merged.set(id + first.length, b.scores[place] ?? 0));
        expect(merged).toEqual(new Map([...whole.ids].map((id, at) => [id, whole.scores[at]])));
      }),
      { numRuns: 40 },
    );
  });

  test("leaves deleted chunks out of summed statistics, as if they had never been", async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.infiniteStream(fc.boolean()), text, async (all, coin, query) => {
        const gone = all.map(() => coin.next().value === true);
        const terms = analyse(query);
        const deleted = createBitset(all.length);
        gone.forEach((is, id) => is && addBit(deleted, id));
        const living = await indexOf(all.filter((_, id) => !gone[id]));
        const statistics = sumStatistics([await indexOf(all)], terms, [deleted]);
        expect(statistics).toEqual(sumStatistics([living], terms));
      }),
      { numRuns: 40 },
    );
  });

  test("returns nothing that is deleted or filtered out", async () => {
    const index = await indexOf(Array.from({ length: 70 }, () => ({ title: "", body: "retry" })));
    const some = createBitset(70);
    [3, 40, 69].forEach((id) => addBit(some, id));
    expect([...index.search(["retri"], 10, { filter: some }).ids]).toEqual([3, 40, 69]);
    const rest = index.search(["retri"], 100, { deleted: some }).ids;
    expect(rest).toHaveLength(67);
    expect([...rest]).not.toContain(40);
    expect(index.search(["retri"], 10, { filter: some, deleted: some }).ids).toHaveLength(0);
  });

  test("counts more than 255 occurrences as 255, and still ranks them first", async () => {
    const index = await indexOf([
      { title: "", body: "retry other words" },
      { title: "", body: "retry ".repeat(1000) },
    ]);
    expect([...index.search(["retri"], 2).ids]).toEqual([1, 0]);
  });

  test("finds each of very many terms, short, long, and with a common start", async () => {
    const words = Array.from({ length: 3000 }, (_, id) => `commonprefix${id.toString(36)}zz`);
    const list = words.map((body) => ({ title: "", body }));
    const index = await indexOf(list);
    for (let id = 0; id < 3000; id += 61) {
      expect([...index.search(analyse(words[id] ?? ""), 5).ids]).toContain(id);
    }
    expect(
      index.search(["commonprefiw", "commonprefixzzzzzz", "zzzzzz", "", "a".repeat(300)], 5).ids,
    ).toHaveLength(0);
  });

  test("says how common a term is, and refuses what is no question", async () => {
    const index = await indexOf([
      { title: "Retry", body: "once" },
      { title: "", body: "retry" },
    ]);
    expect(index.termStatistics(["retri", "absent"])).toEqual(
      new Map([
        ["retri", 2],
        ["absent", 0],
      ]),
    );
    expect(index.search([], 5).ids).toHaveLength(0);
    expect(index.search(["retri"], 0).ids).toHaveLength(0);
    for (const ask of [
      () => index.search(["retri"], -1),
      () => index.search(["retri"], 0.5),
      () => index.scoresOf(["retri"], [2]),
      () => index.scoresOf(["retri"], [-1]),
    ]) {
      expect(codeOf(ask)).toBe("KEYWORD_QUERY");
    }
  });
});

describe("a forged index with right digests gives a coded error or an answer", () => {
  const list = Array.from({ length: 40 }, (_, id) => ({
    title: `Title ${id % 7}`,
    body: `retry index segment number${id} identifier_${id % 5}`,
  }));
  const sections = buildKeywordSections(list);
  const terms = analyse("retry index number7 identifier_3 title");

  test("whatever its words hold", async () => {
    const number = fc.oneof(fc.constantFrom(0, 39, 40, 0xffffffff), fc.nat(2 ** 32 - 1));
    const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const change = fc.record({ section: fc.nat(sections.length - 1), place, number });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const forged = sections.map((section, index): SectionData => {
          const bytes = Buffer.from(section.bytes as Uint8Array);
          for (const each of changes) {
            if (each.section === index && bytes.length >= 4) {
              const words = Math.floor(bytes.length / 4);
              bytes.writeUInt32LE(each.number, Math.floor(each.place * words) * 4);
            }
          }
          return { ...section, bytes };
        });
        const segment = await openSections(forged, 40);
        const code = codeOf(() => {
          const index = openKeywordIndex(segment);
          const { ids, scores } = index.search(terms, 10);
          expect([...ids].every((id) => id >= 0 && id < 40)).toBe(true);
          expect([...scores].every((score) => Number.isFinite(score) && score > 0)).toBe(true);
        });
        segment.close();
        expect(["done", "SEGMENT_BOUNDS", "SEGMENT_SECTION"]).toContain(code);
      }),
      { numRuns: 200 },
    );
  });

  test("when a section is missing, or the segment has other chunks", async () => {
    for (const missing of sections) {
      const segment = await openSections(
        sections.filter((one) => one !== missing),
        40,
      );
      expect(codeOf(() => openKeywordIndex(segment))).toBe("SEGMENT_SECTION");
    }
    const segment = await openSections(sections, 41);
    expect(codeOf(() => openKeywordIndex(segment))).toBe("SEGMENT_SECTION");
  });
});

function codeOf(read: () => unknown): string {
  try {
    read();
    return "done";
  } catch (error) {
    if (isCodedError(error)) {
      return error.code;
    }
    throw error;
  }
}
