/** Languages of `kindOfPath` that a child process knows the structure of. */
const grammars: ReadonlySet<string> = new Set([]);

/** True for a language whose functions and classes can be told. */
export function hasGrammar(language: string): boolean {
  return grammars.has(language);
}
