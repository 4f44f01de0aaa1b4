import { FAILURE_ATTRIBUTE } from '../../../index.ts';
import { DEVELOPER, type LocalAws } from '../../../local.ts';
import type { Endpoints } from './endpoints.ts';
import type { AppliedEvent, FinalState } from './evidence.ts';
import { MENDED } from './work-incident.ts';

/** One message that failed for good, as a person would read it. */
export interface DeadLetter {
  readonly consumer: string;
  /** The delivery it came from, when its body can still be read. */
  readonly delivery: string | undefined;
  readonly type: string | undefined;
  /** Code and sentence. */
  readonly reason: string;
}

/** Where this application keeps what it did: names from the stack's outputs. */
export interface Places {
  readonly auditTable: string;
  readonly activityTable: string;
  readonly welcomeTable: string;
  readonly outboxTable: string;
  readonly failuresTable: string;
  readonly failuresBucket: string;
  /** Consumer → URL of its dead-letter queue. */
  readonly deadLetterQueues: ReadonlyMap<string, string>;
}

type Item = Readonly<Record<string, { S?: string; N?: string; L?: readonly { M: Item }[]; M?: Item }>>;

/** Everything that failed and waits for somebody: in the failure store, and in dead-letter queues on the way there. Takes nothing out. */
export function readDeadLetters(local: LocalAws, places: Places): readonly DeadLetter[] {
  const lineOf = ({ consumer, type, reason }: DeadLetter) => `${consumer} ${type} ${reason}`;
  return [...readQueues(local, places), ...readStore(local, places)].sort((a, b) => (lineOf(a) < lineOf(b) ? -1 : 1));
}

function readQueues(local: LocalAws, places: Places): readonly DeadLetter[] {
  return [...places.deadLetterQueues].flatMap(([consumer, url]) =>
    local.peek(url).map(({ body, attributes }) => {
      const record = parse(attributes[FAILURE_ATTRIBUTE] ?? '');
      return {
        consumer,
        ...seenIn(body),
        reason: record
          ? `${text(record['reason']) ?? 'FAILED'}: ${text(record['message']) ?? ''}`
          : 'moved by SQS: received too often without an answer',
      };
    }),
  );
}

const WAITING: ReadonlySet<string | undefined> = new Set(['open', 'parked', 'redriving']);

function readStore(local: LocalAws, places: Places): readonly DeadLetter[] {
  return scan(local, places.failuresTable)
    .filter(({ sk, status }) => sk?.S === 'STATE' && WAITING.has(status?.S))
    .map(({ consumer, reason, errorMessage, body }) => ({
      consumer: consumer?.S ?? '',
      ...seenIn(body?.M?.['text']?.S ?? readObject(local, places.failuresBucket, body?.M?.['key']?.S ?? '')),
      reason: `${reason?.S ?? 'FAILED'}: ${errorMessage?.S ?? ''}`,
    }));
}

/** How many failures stand how, in the failure store. */
export function readStandings(local: LocalAws, places: Places): Readonly<Record<string, number>> {
  const rows = scan(local, places.failuresTable).filter(({ sk }) => sk?.S === 'STATE');
  const byStatus = Map.groupBy(rows, ({ status }) => status?.S ?? '');
  return Object.fromEntries([...byStatus].map(([status, { length }]) => [status, length]).sort());
}

function readObject({ aws }: LocalAws, Bucket: string, Key: string): string {
  const { Body } = aws.callNow({ service: 's3', action: 'GetObject', input: { Bucket, Key }, caller: DEVELOPER });
  return Buffer.from(Body as Uint8Array).toString();
}

function seenIn(body: string): Pick<DeadLetter, 'delivery' | 'type'> {
  const envelope = parse(body);
  return { delivery: text(envelope?.['correlationid']), type: text(envelope?.['type']) };
}

/** Everything the verdict looks at, read from the tables, queues and endpoints themselves. */
export function readFinalState(local: LocalAws, places: Places, calls: Pick<Endpoints, 'notifications' | 'announcements'>): FinalState {
  const deadLettered = new Map<string, string[]>();
  for (const letter of readDeadLetters(local, places)) {
    if (letter.delivery) deadLettered.set(letter.consumer, [...(deadLettered.get(letter.consumer) ?? []), letter.delivery]);
  }
  const unworked = readStore(local, places).filter(
    ({ consumer, reason }) => consumer === MENDED.consumer && reason.startsWith(`${MENDED.reason}:`),
  );
  const outbox = scan(local, places.outboxTable).filter((row) => row['body'] !== undefined);
  const parked = outbox.filter((row) => row['state']?.S?.startsWith('PARKED'));
  return {
    audit: countsByDelivery(scan(local, places.auditTable), 'recorded'),
    welcomed: countsByDelivery(scan(local, places.welcomeTable), 'welcomed'),
    activity: new Map(scan(local, places.activityTable).map((item) => [item['pk']?.S ?? '', appliedEvents(item)])),
    notifications: calls.notifications,
    announcements: calls.announcements,
    deadLettered,
    unworked: unworked.length,
    parked: parked.flatMap((row) => text(parse(row['body']?.S ?? '')?.['correlationid']) ?? []),
    inFlight: local.moving() + outbox.length - parked.length,
  };
}

function countsByDelivery(items: readonly Item[], counter: string): ReadonlyMap<string, number> {
  return new Map(items.map((item) => [(item['pk']?.S ?? '').replace(/^DELIVERY#/, ''), Number(item[counter]?.N ?? 0)]));
}

function appliedEvents(item: Item): readonly AppliedEvent[] {
  return (item['applied']?.L ?? []).map(({ M }) => ({ delivery: M['delivery']?.S ?? '', sequence: Number(M['sequence']?.N ?? 0) }));
}

function scan(local: LocalAws, table: string): readonly Item[] {
  return local.scan(table) as readonly Item[];
}

function parse(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
