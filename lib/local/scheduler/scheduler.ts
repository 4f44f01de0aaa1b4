import type { Cancel, Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import { type Aws, AwsError, type AwsRequest, type Engine, type Json, type Place } from '../aws.ts';
import { deliver } from './delivery.ts';
import { type AssumeRole, createAssumeRole } from './execution-role.ts';
import { checkName, checkSchedule, type Schedule, type ScheduleInput } from './schedule.ts';
import { createScheduleTimers, type ScheduleTimers } from './schedule-timers.ts';

/** What the engine needs from outside. */
export interface SchedulerDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
  readonly aws: () => Aws;
  /** Throws when a caller may not make a call; roles are judged by it, and every role will do without it. */
  readonly authorise?: (request: AwsRequest) => void;
}

/** The Scheduler engine. */
export interface Scheduler extends Engine {
  /** Cancels every timer; nothing runs afterwards. */
  close(): void;
}

interface Group {
  readonly arn: string;
  readonly created: number;
  readonly modified: number;
}

interface World {
  readonly place: Place;
  readonly clock: Clock;
  readonly groups: Map<string, Group>;
  /** By `group/name`. */
  readonly schedules: Map<string, Schedule>;
  readonly tags: Map<string, Map<string, string>>;
  readonly timers: ScheduleTimers;
  readonly assume: AssumeRole;
}

const DEFAULT_GROUP = 'default';
const PAGE = 100;

/**
 * EventBridge Scheduler: schedules by rate, cron or once, in any time zone, that call their targets as their role, retry and give up to a
 * dead-letter queue. Runs happen at the exact second; AWS promises the minute.
 *
 * @example
 * const scheduler = createScheduler({ clock, ids, place, aws: () => aws });
 */
export function createScheduler({ clock, ids, place, aws, authorise }: SchedulerDeps): Scheduler {
  const assume = createAssumeRole(place, authorise);
  const retries = new Set<Cancel>();
  const keep = (cancel: Cancel): Cancel => {
    retries.add(cancel);
    return () => void retries.delete(cancel);
  };
  const schedules = new Map<string, Schedule>();
  const timers = createScheduleTimers({
    clock,
    run: (schedule, scheduledTime) => deliver({ clock, ids, aws, assume, keep }, schedule, scheduledTime),
    completed(schedule) {
      const key = `${schedule.group}/${schedule.input.Name}`;
      if (schedule.input.ActionAfterCompletion === 'DELETE' && schedules.get(key) === schedule) schedules.delete(key);
    },
  });
  const world: World = { place, clock, groups: new Map(), schedules, tags: new Map(), timers, assume };
  createGroup(world, { Name: DEFAULT_GROUP });
  return {
    service: 'scheduler',
    call({ action, input }) {
      const perform = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
      if (perform === undefined)
        throw new AwsError('UnknownOperationException', `The embedded Scheduler has no action ${action}.`, { status: 501 });
      return perform(world, input);
    },
    close() {
      for (const { arn } of schedules.values()) timers.disarm(arn);
      for (const cancel of retries) cancel();
      retries.clear();
    },
  };
}

const text = (input: Json, member: string): string | undefined => input[member] as string | undefined;
const notFound = (what: string) => new AwsError('ResourceNotFoundException', `${what} does not exist.`, { status: 404 });
const conflict = (message: string) => new AwsError('ConflictException', message, { status: 409 });
const arnOf = ({ region, accountId }: Place, resource: string) => `arn:aws:scheduler:${region}:${accountId}:${resource}`;

function groupOf({ groups }: World, name: string): Group {
  const group = groups.get(name);
  if (group === undefined) throw notFound(`Schedule group ${name}`);
  return group;
}

function scheduleOf({ schedules }: World, input: Json): { key: string; schedule: Schedule } {
  const key = `${text(input, 'GroupName') ?? DEFAULT_GROUP}/${text(input, 'Name')}`;
  const schedule = schedules.get(key);
  if (schedule === undefined) throw notFound(`Schedule ${text(input, 'Name')}`);
  return { key, schedule };
}

function storeSchedule(world: World, input: ScheduleInput, created: number): Json {
  const expression = checkSchedule(input);
  const group = input.GroupName ?? DEFAULT_GROUP;
  groupOf(world, group);
  world.assume(input.Target.RoleArn, group);
  const arn = arnOf(world.place, `schedule/${group}/${input.Name}`);
  const schedule = { arn, group, input, expression, created, modified: world.clock.now() };
  world.schedules.set(`${group}/${input.Name}`, schedule);
  world.timers.arm(schedule);
  return { ScheduleArn: arn };
}

function createSchedule(world: World, json: Json): Json {
  const input = json as unknown as ScheduleInput;
  const existing = world.schedules.get(`${input.GroupName ?? DEFAULT_GROUP}/${input.Name}`);
  if (existing !== undefined) {
    if (input.ClientToken !== undefined && input.ClientToken === existing.input.ClientToken) return { ScheduleArn: existing.arn };
    throw conflict(`Schedule ${input.Name} already exists.`);
  }
  return storeSchedule(world, input, world.clock.now());
}

function describe({ arn, group, input, created, modified }: Schedule): Json {
  const { ClientToken: _, ...shown } = input;
  return {
    ScheduleExpressionTimezone: 'UTC',
    State: 'ENABLED',
    ActionAfterCompletion: 'NONE',
    ...shown,
    Arn: arn,
    GroupName: group,
    CreationDate: created / 1000,
    LastModificationDate: modified / 1000,
  };
}

function pageOf<T>(items: readonly T[], input: Json): { shown: readonly T[]; next: Json } {
  const start = Number(text(input, 'NextToken') ?? 0);
  const end = start + Number(input['MaxResults'] ?? PAGE);
  return { shown: items.slice(start, end), next: end < items.length ? { NextToken: String(end) } : {} };
}

function listSchedules(world: World, input: Json): Json {
  const [group, prefix = '', state] = [text(input, 'GroupName'), text(input, 'NamePrefix'), text(input, 'State')];
  if (group !== undefined) groupOf(world, group);
  const matching = [...world.schedules.values()].filter(
    (one) =>
      (group === undefined || one.group === group) &&
      one.input.Name.startsWith(prefix) &&
      (state === undefined || (one.input.State ?? 'ENABLED') === state),
  );
  const { shown, next } = pageOf(
    matching.sort((a, b) => (a.arn < b.arn ? -1 : 1)),
    input,
  );
  const Schedules = shown.map((schedule) => {
    const { Arn, CreationDate, GroupName, LastModificationDate, Name, State } = describe(schedule);
    return { Arn, CreationDate, GroupName, LastModificationDate, Name, State, Target: { Arn: schedule.input.Target.Arn } };
  });
  return { Schedules, ...next };
}

function createGroup(world: World, input: Json): Json {
  const name = text(input, 'Name') ?? '';
  checkName(name, 'name');
  if (world.groups.has(name)) throw conflict(`Schedule group ${name} already exists.`);
  const arn = arnOf(world.place, `schedule-group/${name}`);
  world.groups.set(name, { arn, created: world.clock.now(), modified: world.clock.now() });
  tagResource(world, { ResourceArn: arn, Tags: input['Tags'] });
  return { ScheduleGroupArn: arn };
}

const showGroup = (name: string, { arn, created, modified }: Group): Json => ({
  Name: name,
  Arn: arn,
  State: 'ACTIVE',
  CreationDate: created / 1000,
  LastModificationDate: modified / 1000,
});

function deleteGroup(world: World, input: Json): Json {
  const name = text(input, 'Name') ?? '';
  groupOf(world, name);
  if (name === DEFAULT_GROUP) throw new AwsError('ValidationException', 'The default schedule group cannot be deleted.');
  for (const [key, schedule] of world.schedules) {
    if (schedule.group !== name) continue;
    world.timers.disarm(schedule.arn);
    world.schedules.delete(key);
  }
  world.groups.delete(name);
  return {};
}

function tagResource({ tags }: World, input: Json): Json {
  const arn = text(input, 'ResourceArn') ?? '';
  const known = tags.get(arn) ?? new Map<string, string>();
  for (const { Key, Value } of (input['Tags'] ?? []) as { Key: string; Value: string }[]) known.set(Key, Value);
  tags.set(arn, known);
  return {};
}

const ACTIONS: Readonly<Record<string, (world: World, input: Json) => Json>> = {
  CreateSchedule: createSchedule,
  UpdateSchedule: (world, input) => storeSchedule(world, input as unknown as ScheduleInput, scheduleOf(world, input).schedule.created),
  GetSchedule: (world, input) => describe(scheduleOf(world, input).schedule),
  DeleteSchedule(world, input) {
    const { key, schedule } = scheduleOf(world, input);
    world.timers.disarm(schedule.arn);
    world.schedules.delete(key);
    return {};
  },
  ListSchedules: listSchedules,
  CreateScheduleGroup: createGroup,
  GetScheduleGroup: (world, input) => showGroup(text(input, 'Name') ?? '', groupOf(world, text(input, 'Name') ?? '')),
  DeleteScheduleGroup: deleteGroup,
  ListScheduleGroups(world, input) {
    const groups = [...world.groups].filter(([name]) => name.startsWith(text(input, 'NamePrefix') ?? ''));
    const { shown, next } = pageOf(groups, input);
    return { ScheduleGroups: shown.map(([name, group]) => showGroup(name, group)), ...next };
  },
  TagResource: tagResource,
  UntagResource({ tags }, input) {
    for (const key of (input['TagKeys'] ?? []) as string[]) tags.get(text(input, 'ResourceArn') ?? '')?.delete(key);
    return {};
  },
  ListTagsForResource: ({ tags }, input) => ({
    Tags: [...(tags.get(text(input, 'ResourceArn') ?? '') ?? [])].map(([Key, Value]) => ({ Key, Value })),
  }),
};
