/** Resolves workspace packages to their TypeScript sources, so that tests need no build. */
export const sourceConditions: {
  readonly ssr: { readonly resolve: { readonly conditions: string[] } };
  readonly test: { readonly testTimeout: number; readonly hookTimeout: number };
} = {
  ssr: { resolve: { conditions: ["source", "module", "node", "development|production"] } },
  test: { testTimeout: 180_000, hookTimeout: 180_000 },
};
