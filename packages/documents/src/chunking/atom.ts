/** A piece of a body that is not cut further: a heading, a paragraph, an item, a sentence, some lines. */
export interface Atom {
  /** In UTF-16 code units of the body. */
  readonly start: number;
  readonly end: number;
  /** Tokens of the piece alone. */
  readonly tokens: number;
  /** What it costs to start a chunk here, in units of `planChunks`; infinite when that is impossible. */
  readonly breakCost: number;
  /** True when a chunk has to start here: the piece before ends inside a word. */
  readonly forced: boolean;
  /** True for the piece that a heading starts with. */
  readonly heading: boolean;
  /** Headings that hold here, its own included, outermost first. The same array for a whole section. */
  readonly trail: readonly string[];
}

/** How large an atom may be. */
export interface AtomLimits {
  readonly countTokens: (text: string) => number;
  readonly maxTokens: number;
  /** Bounds what counts as few tokens but is much text, such as a word of a megabyte. */
  readonly maxLength: number;
}
