/**
 * The seam through which a simulation makes queues as bad as the service may be. Each hook is asked at its moment and may do nothing;
 * without hooks a queue is as good as the service mostly is. None of them does what the service's guide rules out.
 */
export interface SqsHostility {
  /**
   * Asked when a message of a standard queue is received or deleted: after how many milliseconds a copy of it shows up again, whatever
   * the visibility timeout or the deletion; undefined for none ("Amazon SQS standard queues", at-least-once delivery: the server that
   * holds the copy may be unavailable just then).
   */
  copyAfterMs?(): number | undefined;
  /**
   * How many messages a receive that could take `limit` takes. A long poll takes at least one; a short poll asks a sample of the servers
   * only, so it may find nothing though there is something ("Amazon SQS short and long polling").
   */
  take?(limit: number): number;
  /** How many milliseconds later than its delay says an arriving message is visible: queues promise no latency. */
  lateByMs?(): number;
  /** What GetQueueAttributes says instead of a true count: the numbers are approximate ("GetQueueAttributes" API reference). */
  miscount?(count: number): number;
}

/** After what time a short poll that found too little is followed by the queue's signal: somebody polls again. */
export const POLL_AGAIN_MS = 200;
