import type { QueueRecord } from '../../consumer/consumer.event.ts';
import type { Visibility } from '../../consumer/consumer.ports.ts';
import type { DeadLetters } from '../../retry/dead-letter.ts';
import type { CaseDefinition, ContractWorld, Given } from './suite.ts';

/**
 * What a queue may promise beyond at least once: `exclusive` while a message is in flight, `ordered` by group, `deduplicates` by id,
 * `delays` of single messages, `persistent` for days (with `virtualTime`), `deadLetters` after so many receives (needs `maxReceiveCount`
 * and `letters`), and `parks` (needs `deadLetters` and `letters`).
 */
export type QueueFeature = 'exclusive' | 'ordered' | 'deduplicates' | 'delays' | 'persistent' | 'virtualTime' | 'deadLetters' | 'parks';

/** A message on its way into the queue. */
export interface QueueMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** What it is ordered by. */
  readonly group?: string;
  /** How long it is to be kept back. */
  readonly delayMs?: number;
}

/** A queue under contract, without messages. */
export interface QueueInstance extends ContractWorld {
  /** Resolves once the queue has each of them. */
  send(messages: readonly QueueMessage[]): Promise<void>;
  /** Up to `max` messages (10 at most) as a consumer's handler gets them; none when there is none now. */
  receive(max: number): Promise<readonly QueueRecord[]>;
  /** They were handled. */
  acknowledge(records: readonly QueueRecord[]): Promise<void>;
  readonly visibility: Visibility;
  /** After which a message comes again that nobody acknowledged. */
  readonly visibilityTimeoutMs: number;
  /** The most bytes of one message. */
  readonly maxBytes: number;
  /** Receives after which a message goes to the dead-letter queue; at least 3. Feature `deadLetters`. */
  readonly maxReceiveCount?: number;
  /** Takes some messages from the dead-letter queue. Features `deadLetters` and `parks`. */
  letters?(): Promise<readonly QueueRecord[]>;
  /** Parks messages in the dead-letter queue. Feature `parks`. */
  readonly deadLetters?: DeadLetters;
}

/** A case of the queue suite. */
export type QueueCase = CaseDefinition<QueueFeature, QueueInstance>;

/** So many messages with the bodies `<name>-1`, `<name>-2` and so on; of one group when that is given. */
export function messages({ ids }: Pick<Given, 'ids'>, count: number, { name = 'message', group }: { name?: string; group?: string } = {}) {
  return Array.from(
    { length: count },
    (_, index): QueueMessage => ({ id: ids.next(), body: `${name}-${index + 1}`, ...(group !== undefined && { group }) }),
  );
}

/** How long a message may take to be handed out, beyond what it is kept back. */
const PATIENCE_MS = 8_000;
/** How long nothing more must come until the queue counts as empty. */
const QUIET_MS = 150;

/** How to take messages. */
export interface Taking {
  /** Stop when so many have come. @default - only when nothing comes any more */
  readonly count?: number;
  /** Messages in one receive. @default 10 */
  readonly max?: number;
}

/** Receives until so many messages have come, or none comes any more; acknowledges nothing. */
export async function take({ receive }: Pick<QueueInstance, 'receive'>, given: Given, { count, max = 10 }: Taking): Promise<QueueRecord[]> {
  const records: QueueRecord[] = [];
  const start = given.clock.now();
  for (let quietSince = start; ; ) {
    const some = await receive(max);
    records.push(...some);
    if (some.length > 0) quietSince = given.clock.now();
    if (count !== undefined && records.length >= count) return records;
    const now = given.clock.now();
    // A queue that hands out one message for ever is never quiet.
    if (now - quietSince >= (count === undefined ? QUIET_MS : PATIENCE_MS) || now - start >= 2 * PATIENCE_MS) return records;
    if (some.length === 0) await given.wait(25);
  }
}

/** Gives records back, to come again at once or after a while. */
export function release({ visibility }: Pick<QueueInstance, 'visibility'>, records: readonly QueueRecord[], delayMs = 0): Promise<void> {
  return visibility.change(records.map(({ receiptHandle }) => ({ receiptHandle, delayMs })));
}

/** The bodies of records, in their order. */
export function bodiesOf(records: readonly QueueRecord[]): readonly string[] {
  return records.map(({ body }) => body);
}

/** The bodies of records, sorted: of a queue that promises no order. */
export function sorted(records: readonly QueueRecord[]): readonly string[] {
  return [...bodiesOf(records)].sort();
}
