import { existsSync } from "node:fs";
import path from "node:path";

import type { Embedder } from "@clawkeep/embedder";
import { expect, test, vi } from "vitest";

import type { Answer } from "../query/answer.ts";
import { answerQuery } from "../query/answer-query.ts";
import { openIndex } from "../query/open-index.ts";
import { indexStatus } from "../status/index-status.ts";
import { indexFolder } from "./index-folder.ts";
import type { IndexModel } from "./index-run.ts";
import { embedQuery, standInModel, temporaryPlaces } from "./stand-in-model.cases.ts";

const neverEmbed = (): Promise<Float32Array> => Promise.reject(new Error("no model is needed"));

/** The stand-in, with something done before each text is embedded. */
function modelWith(before: () => Promise<void>): IndexModel {
  const model = standInModel();
  return {
    spaceId: model.spaceId,
    open: async (): Promise<Embedder> => {
      const embedder = await model.open();
      return {
        ...embedder,
        embed: async (texts) => {
          await before();
          return embedder.embed(texts);
        },
      };
    },
  };
}

test("while vectors are being made, queries answer by keywords and say so", async () => {
  using places = temporaryPlaces();
  const { workspace, folder, registry } = places;
  for (const name of ["fog", "lamp", "oil"]) {
    places.write(`${name}.md`, `# ${name}\n\nThe keeper looks after the ${name} every day.\n`);
  }
  const meanwhile: { answer: Answer; status: string | undefined }[] = [];
  const model = modelWith(async () => {
    // No text is embedded before the keywords answer: they do not wait for vectors.
    // How far they are is written after that.
    const published = ["snapshot.json", "vectors.json"].map((one) => path.join(folder, one));
    await vi.waitFor(() => expect(published.every((one) => existsSync(one))).toBe(true), {
      timeout: 20_000,
    });
    using index = openIndex(folder, { registry }, "space-one");
    const answer = await answerQuery(index, neverEmbed, "who looks after the lamp", {
      explain: true,
    });
    meanwhile.push({ answer, status: indexStatus(folder, { registry }).vectors });
  });
  const report = await indexFolder(workspace, folder, registry, model, { keywordsFirst: 3 });
  const [{ answer, status } = { answer: undefined, status: undefined }] = meanwhile;
  expect(answer?.vectors).toBe("building 0%");
  expect(status).toBe("building 0%");
  expect(answer?.results[0]?.citation.path).toBe("lamp.md");
  expect(answer?.results[0]?.explain).not.toHaveProperty("cosine");
  expect(answer?.explain?.weights).toEqual({ vector: 0, keyword: 1 });
  expect(report).toMatchObject({ published: true, sequence: 2, embedded: 3 });
  expect(answer?.snapshotRoot).not.toBe(report.snapshotRoot);

  using index = openIndex(folder, { registry }, "space-one");
  const after = await answerQuery(index, embedQuery, "who looks after the lamp");
  expect(after).not.toHaveProperty("vectors");
  expect(after.results[0]?.citation.path).toBe("lamp.md");
  expect(existsSync(path.join(folder, "vectors.json"))).toBe(false);
  expect(indexStatus(folder, { registry }).vectors).toBeUndefined();
  // The first index of the same files without a stop on the way is the same.
  const other = path.join(places.base, "other");
  const straight = await indexFolder(workspace, other, registry, standInModel());
  expect(straight.snapshotRoot).toBe(report.snapshotRoot);
});

test("a run that is ended leaves the keywords, and the next one goes on", async () => {
  using places = temporaryPlaces();
  const { workspace, folder, registry } = places;
  places.write("fog.md", "The fog signal sounds.");
  places.write("lamp.md", "The lamp is lit.");
  const stopped = modelWith(() => Promise.reject(new Error("stopped")));
  const index = (model: IndexModel): ReturnType<typeof indexFolder> =>
    indexFolder(workspace, folder, registry, model, { keywordsFirst: 1 });
  await expect(index(stopped)).rejects.toThrow("stopped");
  await expect(index(stopped)).rejects.toThrow("stopped");
  {
    using waiting = openIndex(folder, { registry }, "space-one");
    expect(waiting.snapshot.sequence).toBe(1);
    const answer = await answerQuery(waiting, neverEmbed, "fog");
    expect(answer.vectors).toMatch(/^building/u);
    expect(answer.results).toHaveLength(1);
  }
  // What changes meanwhile is in the keywords too.
  places.write("oil.md", "The oil is colza.");
  await expect(index(stopped)).rejects.toThrow("stopped");
  {
    using waiting = openIndex(folder, { registry }, "space-one");
    expect((await answerQuery(waiting, neverEmbed, "colza")).results).toHaveLength(1);
  }
  expect(await index(standInModel())).toMatchObject({ published: true, sequence: 3, chunks: 3 });
  expect(await index(standInModel())).toMatchObject({ published: false, sequence: 3 });
});

test("an index that answers is not replaced by one without vectors", async () => {
  using places = temporaryPlaces();
  const { workspace, folder, registry } = places;
  places.write("fog.md", "The fog signal sounds.");
  await indexFolder(workspace, folder, registry, standInModel(), { keywordsFirst: 10 });
  places.write("lamp.md", "The lamp is lit.");
  let vectors: string | undefined = "never asked";
  const model = modelWith(async () => {
    using index = openIndex(folder, { registry }, "space-one");
    vectors = (await answerQuery(index, embedQuery, "fog")).vectors;
  });
  await indexFolder(workspace, folder, registry, model, { keywordsFirst: 1 });
  expect(vectors).toBeUndefined();
});
