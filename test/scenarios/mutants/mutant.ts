/** A deliberate defect: a textual change of one shipped file, which a test of the scenario or promise must notice. */
export interface Mutant {
  /** The number with which the test's name begins. */
  readonly scenario: `S${number}` | `G${number}`;
  /** What somebody could have got wrong. */
  readonly defect: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}
