/** Files that tools write for tools: lock files, minified bundles, source maps. */
const generated =
  /^(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?|deno\.lock|cargo\.lock|poetry\.lock|uv\.lock|pdm\.lock|pipfile\.lock|composer\.lock|gemfile\.lock|podfile\.lock|mix\.lock|flake\.lock|go\.sum|.*\.min\.(?:js|mjs|css)|.*\.(?:js|mjs|cjs|css)\.map|.*\.tsbuildinfo)$/u;

/** True for a name that only a tool reads; a walk leaves such files out. */
export function isGeneratedName(name: string): boolean {
  return generated.test(name.toLowerCase());
}
