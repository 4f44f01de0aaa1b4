/** A line of a function's log. */
export interface LogLine {
  /** Of the event, the same whenever it is read. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly message: string;
}

/** Logs of functions as they are read from outside; throws an error with a sentence. */
export interface Logs {
  /** Log groups that begin with `prefix`. */
  groups(prefix: string): Promise<readonly string[]>;
  /** The lines of a group from `since` on (epoch milliseconds), the oldest first. Lines may turn up late: ask for some time back. */
  lines(group: string, since: number): Promise<readonly LogLine[]>;
}
