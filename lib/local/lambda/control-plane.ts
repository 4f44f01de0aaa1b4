import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import { AwsError, type AwsRequest, type Caller, type Json, type Place } from '../aws.ts';
import type { EventSourceMappings } from '../event-source-mapping/event-source-mappings.ts';
import type { CodeSource } from './code-source.ts';
import type { FunctionStore, ResolvedFunction } from './function-store.ts';

/** One action of the API. */
type LambdaAction = (input: Json, caller: Caller, traceHeader?: string) => Json | Promise<Json>;

/** Actions by their SDK name. */
export type LambdaActions = Readonly<Record<string, LambdaAction>>;

/** What the actions of the control plane share. */
export interface ControlPlane {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
  readonly store: FunctionStore;
  readonly code: CodeSource;
  readonly mappings: () => EventSourceMappings | undefined;
  /** Throws when a caller may not make a call; absent, every role will do. */
  readonly authorise?: (request: AwsRequest) => void;
  readonly accountConcurrency: number;
  /** Code or settings changed or went: warm instances of it are of no use. */
  readonly retire: (key: object) => void;
  /** Keeps instances of a version loaded, for provisioned concurrency. */
  readonly keepWarm: (target: ResolvedFunction, count: number) => void;
}

/** Refuses with Lambda's InvalidParameterValueException. */
export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}

/** Refuses with Lambda's ResourceConflictException. */
export function resourceConflict(message: string): AwsError {
  return new AwsError('ResourceConflictException', message, { status: 409, details: { Type: 'User' } });
}

/** Refuses a change that was made for an older state: Lambda's optimistic lock by `RevisionId`. */
export function checkRevision(input: Json, current: string): void {
  const expected = input['RevisionId'];
  if (expected === undefined || expected === current) return;
  const message =
    'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id';
  throw new AwsError('PreconditionFailedException', message, { status: 412 });
}

/** A page of a list: `Marker` is the position where the next page begins. */
export function page(items: readonly Json[], input: Json, name: string): Json {
  const start = Number(input['Marker'] ?? 0);
  const size = Math.min(Number(input['MaxItems'] ?? 50), 10_000);
  const next = start + size;
  return { [name]: items.slice(start, next), ...(next < items.length ? { NextMarker: String(next) } : {}) };
}
