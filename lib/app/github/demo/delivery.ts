/** One webhook delivery, as GitHub would make it. The body is bytes: a broken one must arrive as broken as it is. */
export interface Delivery {
  /** `X-GitHub-Delivery`: the idempotency key. */
  readonly id: string;
  /** `X-GitHub-Event` in GitHub's spelling, e.g. `pull_request`. */
  readonly event: string;
  readonly body: Uint8Array;
  /** Where it was read, for messages: `issues.json`, `events.jsonl:12`. */
  readonly origin: string;
}
