/** One attempt at a message that failed, as its history remembers it. */
export interface AttemptNote {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The error's code or name. */
  readonly type: string;
  readonly message: string;
}

/** A message attribute of an SQS record, as Lambda delivers it. */
export interface RecordAttribute {
  readonly dataType: string;
  readonly stringValue?: string | undefined;
  readonly binaryValue?: string | undefined;
}

/** A message that will not be tried again, and why. */
export interface DeadLetter {
  /** Why it is parked: a stable code such as `UNKNOWN_TYPE` or `ATTEMPTS_EXHAUSTED`. */
  readonly reason: string;
  readonly error: unknown;
  /** Whether a rule set it aside on purpose; absent for a failure that somebody must look into. */
  readonly disposition?: 'parked';
  /** What the rule says about it. */
  readonly note?: string;
  readonly consumer: string;
  readonly handlerVersion?: string | undefined;
  /** The received body, to be kept byte for byte. */
  readonly body: string;
  readonly attributes: Readonly<Record<string, RecordAttribute>>;
  /** The id that SQS gave this copy. */
  readonly sqsMessageId: string;
  readonly receiveCount: number;
  /** The message group, on a FIFO queue. */
  readonly groupId?: string | undefined;
  /** What the envelope said, when it could be read. */
  readonly messageId?: string | undefined;
  readonly messageType?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly attempts: readonly AttemptNote[];
  /** Epoch milliseconds. */
  readonly failedAt: number;
}

/** Where messages go that will not be tried again. `park` resolves only once the letter is durable; a second call for the same copy is harmless. */
export interface DeadLetters {
  park(letter: DeadLetter, options?: { readonly until?: number }): Promise<void>;
}
