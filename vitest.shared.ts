/** Resolves workspace packages to their TypeScript sources, so that tests need no build. */
export const sourceConditions: {
  readonly ssr: { readonly resolve: { readonly conditions: string[] } };
  readonly test: {
    readonly testTimeout: number;
    readonly hookTimeout: number;
    readonly reporters: ("default" | "json")[];
    readonly outputFile: { readonly json: string };
  };
} = {
  ssr: { resolve: { conditions: ["source", "module", "node", "development|production"] } },
  test: {
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // The report is what docs/rows.md is made from.
    reporters: ["default", "json"],
    outputFile: { json: ".results/tests.json" },
  },
};
