import type { Clock } from '../../core/clock.ts';
import { AwsError, type Json, type Place } from '../aws.ts';
import type { Alarm, AlarmChange } from './alarm.ts';
import type { MetricStore } from './metric-store.ts';

/** What the engine needs from outside. */
export interface CloudWatchDeps {
  readonly clock: Clock;
  readonly place: Place;
  /** Has the services report their metrics, before somebody looks at any. @default - there are none */
  readonly collect?: () => void;
  /** Told of every change of an alarm's state. @default - nobody is */
  readonly onChange?: (change: AlarmChange) => void;
}

/** A dashboard as it was put. */
interface Dashboard {
  readonly body: string;
  /** Seconds since the epoch. */
  readonly modified: number;
}

/** Everything the engine keeps. */
export interface World extends CloudWatchDeps {
  readonly store: MetricStore;
  readonly alarms: Map<string, Alarm>;
  readonly dashboards: Map<string, Dashboard>;
  readonly tags: Map<string, Map<string, string>>;
}

/** An action of the service. */
export type Action = (world: World, input: Json) => Json;

/** A refusal of malformed input. */
export const invalid = (message: string) => new AwsError('ValidationError', message);

/** A refusal because a parameter is not there. */
export const missing = (member: string) => new AwsError('MissingRequiredParameterException', `The parameter ${member} is required.`);

/** A list of texts that may be absent. */
export const texts = (value: unknown): readonly string[] => (value ?? []) as string[];

/** Adds tags to a resource. */
export function addTags({ tags }: World, arn: string, added: unknown): Json {
  const known = tags.get(arn) ?? new Map<string, string>();
  for (const { Key, Value } of (added ?? []) as { Key: string; Value: string }[]) known.set(Key, Value);
  tags.set(arn, known);
  return {};
}
