import type { AwsRequest, Json, Place } from '../../aws.ts';
import { type ConditionContext, type ContextValue, contextOf } from '../condition-context.ts';

/** The kinds of resources that have a say: most by a policy of their own, a mapping by the function that it runs; `none` for all others. */
export type ResourceKind = 'queue' | 'topic' | 'table' | 'stream' | 'function' | 'mapping' | 'bucket' | 'key' | 'role' | 'none';

/** One permission that a request needs. */
export interface Requirement {
  /** The IAM action, e.g. `sqs:SendMessage`. */
  readonly action: string;
  /** The resource's ARN; undefined when the request does not reveal it. */
  readonly resource: string | undefined;
  readonly kind: ResourceKind;
  /** The ARN of the resource whose policy decides, where it differs: the table of an index, the bucket of an object. */
  readonly policyOwner?: string;
  /** The service's own condition keys. */
  readonly context?: ConditionContext;
  /** What the caller must be allowed on the customer-managed key that encrypts the resource, if one does. */
  readonly keyActions?: readonly string[];
}

/** Maps a request of one service to what it needs; an empty list means that everyone may. */
export type RequirementRule = (request: AwsRequest, place: Place) => readonly Requirement[];

/** A member of an input that is text. */
export function text(input: Json, name: string): string | undefined {
  const value = input[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A member of an input that is a list of objects. */
export function objects(input: Json, name: string): readonly Json[] {
  const value = input[name];
  return Array.isArray(value) ? value.filter((item): item is Json => typeof item === 'object' && item !== null) : [];
}

/** A member of an input that is an object. */
export function record(input: Json, name: string): Json {
  const value = input[name];
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

/** `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE` at a place. */
export function arnAt(place: Place, service: string, resource: string): string {
  return `arn:aws:${service}:${place.region}:${place.accountId}:${resource}`;
}

/** A requirement without a resource policy. */
export function plain(
  action: string,
  resource: string | undefined,
  context?: Readonly<Record<string, ContextValue | undefined>>,
): Requirement {
  return { action, resource, kind: 'none', ...(context === undefined ? {} : { context: contextOf(context) }) };
}

/** Handing a role to a service needs `iam:PassRole` on it (IAM User Guide: Passing a role to a service). */
export function passRole(roleArn: unknown, service: string): readonly Requirement[] {
  if (typeof roleArn !== 'string') return [];
  return [plain('iam:PassRole', roleArn, { 'iam:PassedToService': service })];
}
