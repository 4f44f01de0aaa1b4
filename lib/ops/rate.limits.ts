/** Messages a second that may be asked for. */
export interface RateLimits {
  readonly min: number;
  readonly max: number;
  /** Whether it has to be a whole number a second. */
  readonly whole?: true;
}

/** Of a redrive. Slower than one in ten seconds is no rate; a FIFO queue takes 3,000 a second with batches (SQS "Message throughput quotas"). */
export const REDRIVE_RATE: RateLimits = { min: 0.1, max: 1_000 };

/** Of SQS's own move (SQS API Reference, StartMessageMoveTask, "MaxNumberOfMessagesPerSecond"). */
export const MOVE_RATE: RateLimits = { min: 1, max: 500, whole: true };
