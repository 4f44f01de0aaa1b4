import { hash } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.ts';
import { isPosthasteError } from '../core/errors.ts';
import { decodeEnvelope } from '../message/decode-envelope.ts';
import type { Envelope } from '../message/envelope.ts';
import { MAX_HOPS } from '../message/message.contract.ts';
import type { Message } from '../message/message.ts';
import { validateMessage } from '../message/validate.ts';
import { UnhandleableError } from './consumer.errors.ts';
import type { QueueRecord } from './consumer.event.ts';
import { receiveCountOf, wasSeen } from './consumer.event.ts';
import type { Route, Router } from './consumer.routes.ts';

/** A message that has a handler. */
export interface Runnable {
  readonly kind: 'run';
  readonly message: Message;
  readonly route: Route;
  /** SHA-256 of what the message says: type, version, source, key and data. Two copies may differ in time, trace and causes. */
  readonly fingerprint: string;
}

/** What a record turned out to be, before anything is known of earlier deliveries. */
export type Reading =
  | Runnable
  /** It can never be handled; `message` is what could be read of it. */
  | { readonly kind: 'park'; readonly reason: string; readonly error: Error; readonly message?: Envelope }
  /** A type that the consumer declares not to handle. */
  | { readonly kind: 'ignore'; readonly message: Envelope };

/** A record of a batch, read. */
export interface Delivery {
  /** Its place in the batch. */
  readonly index: number;
  readonly record: QueueRecord;
  readonly receiveCount: number;
  /** Whether it may have run before: then the inbox is asked about it. */
  readonly seen: boolean;
  readonly reading: Reading;
}

/** A marker may expire a day before the retention says so, for clocks and for the time that a run takes. */
const AGE_MARGIN_MS = 86_400_000;

/** How old a message may be to run, where markers are kept for so long. */
export function maxAgeMs(retentionMs: number): number {
  return retentionMs - AGE_MARGIN_MS;
}

/** What reading depends on. */
export interface ReadingOptions {
  readonly router: Router;
  /** Epoch milliseconds. */
  readonly now: number;
  /** A message older than this is not run: its inbox marker may have expired. */
  readonly maxAgeMs: number;
}

/** Reads one record of a batch. Never throws for what the record holds: each one stands for itself. */
export function readRecord(record: QueueRecord, index: number, options: ReadingOptions): Delivery {
  return { index, record, receiveCount: receiveCountOf(record), seen: wasSeen(record), reading: read(record, options) };
}

function read(record: QueueRecord, options: ReadingOptions): Reading {
  let envelope: Envelope | undefined;
  try {
    envelope = decodeEnvelope(record.body);
    return judge(envelope, options);
  } catch (error) {
    const known = isPosthasteError(error);
    const reason = known && error instanceof UnhandleableError ? error.code : envelope ? 'MESSAGE_INVALID' : 'BODY_INVALID';
    return { kind: 'park', reason, error: error as Error, ...(envelope && { message: envelope }) };
  }
}

function judge(envelope: Envelope, { router, now, maxAgeMs }: ReadingOptions): Reading {
  const routing = router.find(envelope.type, envelope.version);
  if (routing.kind === 'ignore') return { kind: 'ignore', message: envelope };
  refuse(envelope, routing);
  if (routing.kind !== 'handle') throw new TypeError('an unknown type or version was refused above');
  if (now - Date.parse(envelope.time) > maxAgeMs) {
    throw new UnhandleableError(
      `message ${envelope.id} is from ${envelope.time}; what is older than ${Math.floor(maxAgeMs / 86_400_000)} days may have been handled and forgotten: send it anew to run it`,
      { code: 'TOO_OLD' },
    );
  }
  if (envelope.hops > MAX_HOPS) {
    throw new UnhandleableError(
      `message ${envelope.id} is hop ${envelope.hops} of its chain, at most ${MAX_HOPS} are run: look for handlers that answer each other`,
      {
        code: 'HOPS_EXCEEDED',
      },
    );
  }
  const { route } = routing;
  return { kind: 'run', ...validated(envelope, route), fingerprint: fingerprintOf(envelope) };
}

// Not the body: who publishes a message again under its id, because the answer was lost, stamps it with another time.
function fingerprintOf({ type, version, source, key, data }: Envelope): string {
  return hash('sha256', canonicalJson([type, version, source, key, data]) ?? '', 'hex');
}

function refuse({ type, version }: Envelope, routing: ReturnType<Router['find']>): void {
  if (routing.kind === 'unknownType') {
    throw new UnhandleableError(`no handler for ${type}: add on(…) for it, or list its definition in ignores`, { code: 'UNKNOWN_TYPE' });
  }
  if (routing.kind === 'unknownVersion') {
    throw new UnhandleableError(
      `no handler for ${type} version ${version}, only for ${routing.known.join(', ')}: deploy consumers before producers`,
      {
        code: 'UNKNOWN_VERSION',
      },
    );
  }
}

function validated(message: Envelope, route: Route): { readonly message: Message; readonly route: Route } {
  if (route.definition === undefined) return { message, route };
  try {
    return { message: { ...message, data: validateMessage(route.definition, message.data) }, route };
  } catch (error) {
    if (isPosthasteError(error, 'MESSAGE_INVALID')) throw error;
    // A schema that cannot be used is a mistake of the code, not of the message: it fails as the handler would, and is tried again.
    return { message, route: { ...route, handle: () => Promise.reject(error) } };
  }
}
