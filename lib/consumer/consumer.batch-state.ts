import type { Logger } from '../core/logger.ts';
import type { AttemptTally } from '../retry/attempts.ts';
import { NO_ATTEMPTS } from '../retry/attempts.ts';
import type { Deadline } from './consumer.deadline.ts';
import { isFifo } from './consumer.event.ts';
import { createPacker, type Packer } from './consumer.packer.ts';
import type { ConsumerInbox, ConsumerPorts, Handled, HandledStanding } from './consumer.ports.ts';
import type { Delivery, Runnable } from './consumer.reading.ts';
import { createReturns, type Returns } from './consumer.returns.ts';
import { createSlots, type Slots } from './consumer.slots.ts';

/** What the inbox knew before the batch was run. */
export type Known = Awaited<ReturnType<ConsumerInbox['look']>>;

/** One run of one message, as far as it has come. */
export interface RunState {
  readonly delivery: Delivery;
  readonly reading: Runnable;
  readonly handled: Handled;
  /** The books, this run's beginning included once `begun`. */
  attempts: AttemptTally;
  /** Whether its beginning is in the books; `perhaps` until that is known. */
  begun: boolean | 'perhaps';
  /** How often its handler was called anew, at once. */
  turn: number;
  /** What it is about: only while its handler has the word does time count against the message. */
  phase: 'beginning' | 'handling' | 'ending';
  /** Whether its end is. */
  ended?: boolean;
  /** When its handler was called. */
  startedAt?: number;
  /** It runs though its attempts are used up, because it holds its key; that was counted before it began. */
  blocks?: boolean;
  /** The end of its lease, when it has one. */
  leaseUntil?: number;
}

/** What the runs of one batch share. Made for each invocation. */
export interface Batch {
  readonly ports: ConsumerPorts;
  readonly deadline: Deadline;
  readonly slots: Slots;
  readonly packer: Packer | undefined;
  /** When records come back. */
  readonly returns: Returns;
  /** Takes in how the messages stand that were handed out before; undefined when the inbox did not answer. Until then nothing is known. */
  learn(known: Known | undefined): void;
  /** Whether the inbox said so. */
  looked(): boolean;
  /** Runs that were started, by their place in the batch. */
  readonly running: Map<number, RunState>;
  /** Fingerprints of the messages that this batch has handled. */
  readonly settled: Map<string, string>;
  handledOf(reading: Runnable): Handled;
  attemptsOf(messageId: string): AttemptTally;
  /** How the message stands, as far as is known without asking. */
  standing(run: RunState): HandledStanding;
  /** Whether it goes to the dead-letter queue once its attempts are used up. */
  exhausts(delivery: Delivery): boolean;
  logOf(delivery: Delivery): Logger;
}

/** Starts the state of one batch. */
export function startBatch(ports: ConsumerPorts, deadline: Deadline): Batch {
  const { settings, inbox, ids } = ports;
  const settled = new Map<string, string>();
  let known: Known | undefined;
  const packer =
    settings.packLingerMs === undefined
      ? undefined
      : createPacker({ committer: ports.committer, clock: ports.clock, lingerMs: settings.packLingerMs });
  const slots = createSlots(settings.concurrency, () => {
    packer?.flush();
    returns.flush();
  });
  const returns = createReturns(ports, slots.idle);
  return {
    ports,
    deadline,
    packer,
    slots,
    returns,
    learn(found) {
      known = found;
    },
    looked: () => known !== undefined,
    running: new Map(),
    settled,
    handledOf: ({ message, fingerprint }) => ({
      consumer: settings.name,
      messageId: message.id,
      type: message.type,
      fingerprint,
      token: ids.next(),
    }),
    attemptsOf: (messageId) => known?.get(messageId)?.attempts ?? NO_ATTEMPTS,
    standing({ handled }) {
      const fingerprint = settled.get(handled.messageId);
      if (fingerprint !== undefined) return { kind: fingerprint === handled.fingerprint ? 'done' : 'mismatch' };
      return inbox.standing(known?.get(handled.messageId)?.marker, handled);
    },
    exhausts: ({ record }) => settings.onExhausted === 'deadLetter' || (settings.onExhausted === 'byQueue' && !isFifo(record)),
    logOf: (delivery) => logWith(ports.log, fieldsOf(settings.name, delivery)),
  };
}

function fieldsOf(consumer: string, { record, receiveCount, reading }: Delivery): Record<string, unknown> {
  const { message } = reading;
  return {
    consumer,
    receiveCount,
    sqsMessageId: record.messageId,
    ...(message && { messageId: message.id, messageType: message.type, correlationId: message.correlationId }),
  };
}

function logWith(log: Logger, fixed: Record<string, unknown>): Logger {
  return {
    debug: (message, fields) => log.debug(message, { ...fixed, ...fields }),
    info: (message, fields) => log.info(message, { ...fixed, ...fields }),
    warn: (message, fields) => log.warn(message, { ...fixed, ...fields }),
    error: (message, fields) => log.error(message, { ...fixed, ...fields }),
  };
}
