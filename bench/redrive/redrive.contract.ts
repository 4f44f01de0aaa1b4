/** What the processes of this benchmark agree on. */
export const REDRIVE = { stack: 'bench', table: 'failures', bucket: 'bodies' } as const;

/** What the host may be asked. */
export type HostRequest =
  /** Puts so many more failures into the store, and forgets what was sent. */
  { readonly kind: 'load'; readonly failures: number } | { readonly kind: 'sent' };

/** What was sent to the queue since. */
export interface Sent {
  readonly messages: number;
  /** Messages in each second from the first one on; the last second is not over. */
  readonly windows: readonly number[];
  /** From the first to the last, milliseconds, and how many came with the first. */
  readonly spanMs: number;
  readonly first: number;
}

/** What the redriving process is asked. */
export interface RedriveRequest {
  readonly rate: number;
  readonly failures: number;
}

/** How much memory it had, in bytes, after a collection. */
export interface Memory {
  readonly rss: number;
  readonly heap: number;
}

export interface RedriveResult {
  /** At a tenth, at half and at the end of the failures. */
  readonly memory: readonly [Memory, Memory, Memory];
  readonly sent: number;
}
