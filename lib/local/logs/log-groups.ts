import { AwsError } from '../aws.ts';

/** One line of a log. */
export interface LogEvent {
  /** Counts up within the engine; pages and identifiers refer to it. */
  readonly sequence: number;
  readonly stream: string;
  readonly message: string;
  /** Milliseconds since the epoch: when it happened, and when it arrived. */
  readonly timestamp: number;
  readonly ingestionTime: number;
}

/** A stream within a group; its events are in the group's ring. */
interface LogStream {
  readonly name: string;
  readonly created: number;
  first: number | undefined;
  last: number | undefined;
  ingested: number | undefined;
}

/** A group of streams that share a retention. */
export interface LogGroup {
  readonly name: string;
  readonly arn: string;
  readonly created: number;
  readonly streams: Map<string, LogStream>;
  readonly tags: Map<string, string>;
  /** In the order of arrival; the oldest are dropped beyond the engine's limit. */
  events: LogEvent[];
  bytes: number;
  retentionDays: number | undefined;
}

const DAY_MS = 86_400_000;
/** CloudWatch Logs API Reference, PutLogEvents: bytes counted for an event beside its message. */
const EVENT_OVERHEAD_BYTES = 26;

/** A refusal because something is not there. */
export const notFound = (what: string): AwsError => new AwsError('ResourceNotFoundException', `The specified ${what} does not exist.`);

/** Adds an event to a ring of at most `limit`; trims in slices, so that adding stays cheap. */
export function addEvent(group: LogGroup, event: LogEvent, limit: number): void {
  group.events.push(event);
  group.bytes += Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES;
  if (group.events.length > limit * 1.25) group.events = group.events.slice(-limit);
  const stream = group.streams.get(event.stream);
  if (stream === undefined) return;
  stream.first ??= event.timestamp;
  stream.last = event.timestamp;
  stream.ingested = event.ingestionTime;
}

/** The events that retention and the ring leave, oldest first by their own time. */
export function keptEvents(group: LogGroup, now: number, limit: number): readonly LogEvent[] {
  const since = group.retentionDays === undefined ? Number.NEGATIVE_INFINITY : now - group.retentionDays * DAY_MS;
  const kept = group.events.slice(-limit).filter(({ timestamp }) => timestamp >= since);
  return kept.sort((a, b) => a.timestamp - b.timestamp || a.sequence - b.sequence);
}
