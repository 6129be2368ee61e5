/** What a block is, as far as cutting it is concerned. */
export type BlockKind = "heading" | "paragraph" | "list" | "table" | "code" | "html";

/** A run of lines of a body that belong together; blank lines are between blocks, or inside code. */
export interface Block {
  readonly kind: BlockKind;
  /** In UTF-16 code units of the body: the start of the first line, with its indentation. */
  readonly start: number;
  /** Behind the last line, without its line end. */
  readonly end: number;
  /** Level of a heading, 1 to 6; 0 for other blocks. */
  readonly level: number;
  /** Text of a heading without markup; empty for other blocks. */
  readonly title: string;
  /** Headings that hold here, the block's own included, where levels cannot tell: code. */
  readonly trail?: readonly string[];
  /** True when a chunk has to start here: the block before is on another page, or in another member. */
  readonly forced?: boolean;
}
