import type { Page } from '../../core/pages.ts';

/** A line of a function's log. */
export interface LogLine {
  /** Of the event, the same whenever it is read. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly message: string;
}

/** Logs of functions as they are read from outside, one call a page; throws an error with a sentence, of code `THROTTLED` when asked too often. */
export interface Logs {
  /** Log groups that begin with `prefix`. */
  groups(prefix: string, cursor?: string): Promise<Page<string>>;
  /**
   * The lines of a group from `since` on (epoch milliseconds), the oldest first; a page may be empty and not the last. Lines may turn up late:
   * ask for some time back.
   */
  lines(group: string, since: number, cursor?: string): Promise<Page<LogLine>>;
}
