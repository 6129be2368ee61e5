import type { Embedder } from "@clawkeep/embedder";

import type { IndexModel } from "./index-run.ts";

/** One run's use of a model: opened when it is needed, once; closed when it is not any more. */
export interface ModelUse {
  readonly open: () => Promise<Embedder>;
  /** Safe to call twice, and when it was never opened. */
  readonly close: () => Promise<void>;
}

/** The use of a model by one run. */
export function useModel(model: IndexModel): ModelUse {
  let opened: Promise<Embedder> | undefined;
  return {
    open: () => (opened ??= model.open()),
    close: async () => {
      const embedder = await opened?.catch(() => undefined);
      await embedder?.close();
    },
  };
}
