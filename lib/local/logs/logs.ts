import type { Cancel, Clock } from '../../core/clock.ts';
import { AwsError, type Engine, type Json, type Place } from '../aws.ts';
import { compilePattern } from './filter-pattern.ts';
import { addEvent, keptEvents, type LogEvent, type LogGroup, notFound } from './log-groups.ts';

/** What the engine needs from outside. */
export interface LogsDeps {
  readonly clock: Clock;
  readonly place: Place;
  /** Events kept of a group. @default 10,000 */
  readonly maxEvents?: number;
}

/** An event as a listener sees it. */
export interface LoggedEvent {
  readonly group: string;
  readonly stream: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/** The CloudWatch Logs engine. */
export interface Logs extends Engine {
  /** Writes one line now; makes the group and the stream if they are missing, as the Lambda service does. */
  append(group: string, stream: string, message: string): void;
  /** Sees every event as it arrives. */
  onEvent(listener: (event: LoggedEvent) => void): Cancel;
}

interface LogsInput {
  readonly logGroupName?: string;
  readonly logGroupIdentifier?: string;
  readonly logStreamName?: string;
  readonly logStreamNames?: readonly string[];
  readonly logStreamNamePrefix?: string;
  readonly logGroupNamePrefix?: string;
  readonly logGroupNamePattern?: string;
  readonly retentionInDays?: number;
  readonly resourceArn?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly tagKeys?: readonly string[];
  readonly logEvents?: readonly { readonly timestamp: number; readonly message: string }[];
  readonly filterPattern?: string;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly startFromHead?: boolean;
  readonly limit?: number;
  readonly nextToken?: string;
  readonly descending?: boolean;
  readonly orderBy?: string;
}

interface World {
  readonly clock: Clock;
  readonly place: Place;
  readonly limit: number;
  readonly groups: Map<string, LogGroup>;
  readonly listeners: Set<(event: LoggedEvent) => void>;
  sequence: number;
}

const RETENTIONS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
const MAX_EVENT_BYTES = 1_048_576;
const MAX_PAGE = 10_000;
const DEFAULT_LISTED = 50;

/** CloudWatch Logs: groups, streams and a bounded ring of events for each group, with filters and retention by the clock. */
export function createLogs({ clock, place, maxEvents = 10_000 }: LogsDeps): Logs {
  const world: World = { clock, place, limit: maxEvents, groups: new Map(), listeners: new Set(), sequence: 0 };
  return {
    service: 'logs',
    call({ action, input }) {
      const perform = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
      if (perform === undefined) throw new AwsError('UnknownOperationException', `The embedded CloudWatch Logs has no action ${action}.`);
      return perform(world, input as LogsInput);
    },
    append(group, stream, message) {
      const found = world.groups.get(group) ?? makeGroup(world, group);
      if (!found.streams.has(stream)) makeStream(world, found, stream);
      record(world, found, { stream, message, timestamp: clock.now() });
    },
    onEvent(listener) {
      world.listeners.add(listener);
      return () => void world.listeners.delete(listener);
    },
  };
}

function makeGroup(world: World, name: string): LogGroup {
  if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name)) throw invalid(`Value '${name}' at 'logGroupName' failed to satisfy constraint`);
  const { region, accountId } = world.place;
  const arn = `arn:aws:logs:${region}:${accountId}:log-group:${name}`;
  const group: LogGroup = {
    name,
    arn,
    created: world.clock.now(),
    streams: new Map(),
    tags: new Map(),
    events: [],
    bytes: 0,
    retentionDays: undefined,
  };
  world.groups.set(name, group);
  return group;
}

function makeStream(world: World, group: LogGroup, name: string): void {
  group.streams.set(name, { name, created: world.clock.now(), first: undefined, last: undefined, ingested: undefined });
}

function record(world: World, group: LogGroup, event: Pick<LogEvent, 'stream' | 'message' | 'timestamp'>): void {
  world.sequence += 1;
  addEvent(group, { ...event, sequence: world.sequence, ingestionTime: world.clock.now() }, world.limit);
  for (const listener of world.listeners) listener({ group: group.name, ...event });
}

const invalid = (message: string) => new AwsError('InvalidParameterException', message);
const exists = (what: string) => new AwsError('ResourceAlreadyExistsException', `The specified ${what} already exists`);

function groupOf({ groups }: World, input: LogsInput): LogGroup {
  const name = input.logGroupName ?? input.logGroupIdentifier ?? input.resourceArn ?? '';
  const group = groups.get(name.replace(/^arn:.*:log-group:/, '').replace(/:\*$/, ''));
  if (group === undefined) throw notFound('log group');
  return group;
}

function streamOf(group: LogGroup, name = '') {
  const stream = group.streams.get(name);
  if (stream === undefined) throw notFound('log stream');
  return stream;
}

function putEvents(world: World, input: LogsInput): Json {
  const group = groupOf(world, input);
  const { name: stream } = streamOf(group, input.logStreamName);
  const events = input.logEvents ?? [];
  if (events.length === 0) throw invalid('logEvents must not be empty');
  for (const [index, { message, timestamp }] of events.entries()) {
    if (message === '' || Buffer.byteLength(message) > MAX_EVENT_BYTES)
      throw invalid(`A log event must have 1 to ${MAX_EVENT_BYTES} bytes`);
    if (timestamp < (events[index - 1]?.timestamp ?? 0))
      throw invalid('Log events in a single PutLogEvents request must be in chronological order.');
  }
  for (const { message, timestamp } of events) record(world, group, { stream, message, timestamp });
  return { nextSequenceToken: String(world.sequence) };
}

function select(world: World, input: LogsInput): { group: LogGroup; events: readonly LogEvent[] } {
  const group = groupOf(world, input);
  const { startTime = Number.NEGATIVE_INFINITY, endTime = Number.POSITIVE_INFINITY } = input;
  const events = keptEvents(group, world.clock.now(), world.limit).filter(
    ({ timestamp }) => timestamp >= startTime && timestamp <= endTime,
  );
  return { group, events };
}

function filterEvents(world: World, input: LogsInput): Json {
  const matches = compilePattern(input.filterPattern);
  const { events } = select(world, input);
  const isNamed = (stream: string) => input.logStreamNames?.includes(stream) ?? stream.startsWith(input.logStreamNamePrefix ?? '');
  const found = events.filter(({ stream, message }) => isNamed(stream) && matches(message));
  const start = Number(input.nextToken ?? 0);
  const end = start + Math.min(input.limit ?? MAX_PAGE, MAX_PAGE);
  const shown = found.slice(start, end).map(({ stream, sequence, timestamp, message, ingestionTime }) => ({
    logStreamName: stream,
    timestamp,
    message,
    ingestionTime,
    eventId: String(sequence).padStart(20, '0'),
  }));
  return { events: shown, searchedLogStreams: [], ...(end < found.length && { nextToken: String(end) }) };
}

/** Tokens are `f/` or `b/` and the place in the stream; a page at the end answers the token it was asked with. */
function getEvents(world: World, input: LogsInput): Json {
  const { group, events } = select(world, input);
  const { name } = streamOf(group, input.logStreamName);
  const own = events.filter(({ stream }) => stream === name);
  const size = Math.min(input.limit ?? MAX_PAGE, MAX_PAGE);
  const [direction, at] = input.nextToken?.split('/') ?? [];
  const isForward = direction === undefined ? input.startFromHead === true : direction === 'f';
  const edge = at === undefined ? (isForward ? 0 : own.length) : Number(at);
  const [start, end] = isForward ? [edge, Math.min(edge + size, own.length)] : [Math.max(0, edge - size), edge];
  return {
    events: own.slice(start, end).map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
    nextForwardToken: `f/${end}`,
    nextBackwardToken: `b/${start}`,
  };
}

function describeGroups(world: World, input: LogsInput): Json {
  const { logGroupNamePrefix: prefix = '', logGroupNamePattern: pattern = '' } = input;
  const found = [...world.groups.values()]
    .filter(({ name }) => name.startsWith(prefix) && name.includes(pattern))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const start = Number(input.nextToken ?? 0);
  const end = start + (input.limit ?? DEFAULT_LISTED);
  const logGroups = found.slice(start, end).map(({ name, arn, created, retentionDays, bytes }) => ({
    logGroupName: name,
    arn: `${arn}:*`,
    logGroupArn: arn,
    creationTime: created,
    storedBytes: bytes,
    metricFilterCount: 0,
    logGroupClass: 'STANDARD',
    ...(retentionDays !== undefined && { retentionInDays: retentionDays }),
  }));
  return { logGroups, ...(end < found.length && { nextToken: String(end) }) };
}

function describeStreams(world: World, input: LogsInput): Json {
  const group = groupOf(world, input);
  const byTime = input.orderBy === 'LastEventTime';
  const sorted = [...group.streams.values()]
    .filter(({ name }) => name.startsWith(input.logStreamNamePrefix ?? ''))
    .sort((a, b) => (byTime ? (a.last ?? 0) - (b.last ?? 0) : a.name < b.name ? -1 : 1));
  const found = input.descending ? sorted.reverse() : sorted;
  const start = Number(input.nextToken ?? 0);
  const end = start + (input.limit ?? DEFAULT_LISTED);
  const logStreams = found.slice(start, end).map(({ name, created, first, last, ingested }) => ({
    logStreamName: name,
    creationTime: created,
    arn: `${group.arn}:log-stream:${name}`,
    ...(first !== undefined && { firstEventTimestamp: first, lastEventTimestamp: last, lastIngestionTime: ingested }),
  }));
  return { logStreams, ...(end < found.length && { nextToken: String(end) }) };
}

function addTags(group: LogGroup, tags: Readonly<Record<string, string>> = {}): Json {
  for (const [name, value] of Object.entries(tags)) group.tags.set(name, value);
  return {};
}

const ACTIONS: Readonly<Record<string, (world: World, input: LogsInput) => Json>> = {
  CreateLogGroup(world, input) {
    if (world.groups.has(input.logGroupName ?? '')) throw exists('log group');
    return addTags(makeGroup(world, input.logGroupName ?? ''), input.tags);
  },
  DeleteLogGroup(world, input) {
    world.groups.delete(groupOf(world, input).name);
    return {};
  },
  DescribeLogGroups: describeGroups,
  PutRetentionPolicy(world, input) {
    if (!RETENTIONS.includes(input.retentionInDays ?? 0)) throw invalid(`retentionInDays must be one of ${RETENTIONS.join(', ')}`);
    groupOf(world, input).retentionDays = input.retentionInDays;
    return {};
  },
  DeleteRetentionPolicy(world, input) {
    groupOf(world, input).retentionDays = undefined;
    return {};
  },
  CreateLogStream(world, input) {
    const group = groupOf(world, input);
    const { logStreamName: name = '' } = input;
    if (!/^[^:*]{1,512}$/.test(name)) throw invalid(`Value '${name}' at 'logStreamName' failed to satisfy constraint`);
    if (group.streams.has(name)) throw exists('log stream');
    makeStream(world, group, name);
    return {};
  },
  DeleteLogStream(world, input) {
    const group = groupOf(world, input);
    const { name } = streamOf(group, input.logStreamName);
    group.streams.delete(name);
    group.events = group.events.filter(({ stream }) => stream !== name);
    return {};
  },
  DescribeLogStreams: describeStreams,
  PutLogEvents: putEvents,
  GetLogEvents: getEvents,
  FilterLogEvents: filterEvents,
  TagResource: (world, input) => addTags(groupOf(world, input), input.tags),
  TagLogGroup: (world, input) => addTags(groupOf(world, input), input.tags),
  UntagResource(world, input) {
    for (const name of input.tagKeys ?? []) groupOf(world, input).tags.delete(name);
    return {};
  },
  ListTagsForResource: (world, input) => ({ tags: Object.fromEntries(groupOf(world, input).tags) }),
};
