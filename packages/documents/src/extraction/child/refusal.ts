/** Why a file cannot be read, in the codes of `extraction-findings.ts`: an outcome, not a defect. */
export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
