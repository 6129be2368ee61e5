/** One case of a skill: arguments in, and what has to come out. See {@link readCases} for the file. */
export interface SkillCase {
  readonly name: string;
  /** Path of the case file as the user would name it. */
  readonly file: string;
  /** 1-based line of the case in its file. */
  readonly line: number;
  readonly action: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Folders for the action's roots, absolute. Each run gets copies of them. */
  readonly roots: Readonly<Record<string, string>>;
  /** Path in the fresh workspace of a run → absolute path of the file that is copied there. */
  readonly files: Readonly<Record<string, string>>;
  readonly expect: Expectation;
}

/** Either that the run ends like this, or that nothing is run at all. */
export type Expectation = ExpectedRun | ExpectedRefusal;

/** What a run has to come to. What is absent is not judged. */
export interface ExpectedRun {
  readonly kind: "run";
  readonly exitCode: number;
  /** The JSON output, whole but for the volatile parts. Set only when `hasOutput`. */
  readonly output?: unknown;
  readonly hasOutput: boolean;
  /** The text output, byte for byte. */
  readonly text?: string;
  /** The file below `cases/` that `output` or `text` came from, or that an update has to write. */
  readonly golden?: GoldenFile;
  /** JSON pointers left out of the comparison, beside those that the contract declares. */
  readonly volatile: readonly string[];
}

/** A file with the expected output. */
export interface GoldenFile {
  /** Absolute. */
  readonly path: string;
  /** False until an update has written it. */
  readonly exists: boolean;
}

/** The runtime has to refuse, and one of its findings has this code. */
export interface ExpectedRefusal {
  readonly kind: "refusal";
  readonly code: string;
}
