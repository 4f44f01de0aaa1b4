import type { Clock } from '../../core/clock.ts';
import type { AwsRequest, Caller, Place } from '../aws.ts';
import type { ConditionContext, ContextValue } from './condition-context.ts';
import type { Requirement } from './requirements/requirement.ts';

/** What the global condition keys are computed from. */
export interface RequestFacts {
  readonly request: AwsRequest;
  readonly requirement: Requirement;
  readonly clock: Clock;
  readonly place: Place;
}

type KeyRule = (facts: RequestFacts) => ContextValue | undefined;

/** The global condition keys (IAM User Guide: AWS global condition context keys), computed when a policy asks for one. */
const GLOBAL_KEYS: Readonly<Record<string, KeyRule>> = {
  // The loopback gateway stands for the TLS endpoint of AWS.
  'aws:securetransport': () => 'true',
  'aws:currenttime': ({ clock }) => new Date(clock.now()).toISOString(),
  'aws:epochtime': ({ clock }) => String(Math.floor(clock.now() / 1000)),
  'aws:requestedregion': ({ place }) => place.region,
  'aws:sourceip': ({ request }) => (request.caller.kind === 'service' ? undefined : '127.0.0.1'),
  'aws:viaawsservice': () => 'false',
  'aws:principalarn': ({ request }) => roleArnOf(request.caller),
  'aws:principalaccount': ({ request }) => roleArnOf(request.caller)?.split(':')[4],
  'aws:principaltype': ({ request }) => (request.caller.kind === 'role' ? 'AssumedRole' : undefined),
  'aws:userid': ({ request }) => userIdOf(request.caller),
  'aws:principalisawsservice': ({ request }) => String(request.caller.kind === 'service'),
  'aws:principalservicename': ({ request }) => (request.caller.kind === 'service' ? request.caller.principal : undefined),
  'aws:sourcearn': ({ request }) => (request.caller.kind === 'service' ? request.caller.sourceArn : undefined),
  'aws:sourceaccount': ({ request }) => sourceAccountOf(request.caller),
  'aws:sourceowner': ({ request }) => sourceAccountOf(request.caller),
  'aws:resourceaccount': ({ requirement, place }) => requirement.resource?.split(':')[4] || place.accountId,
  'kms:calleraccount': ({ request, place }) => roleArnOf(request.caller)?.split(':')[4] ?? place.accountId,
};

/** The condition context of one requirement of one request. */
export function requestContext(facts: RequestFacts): ConditionContext {
  return (key) => facts.requirement.context?.(key) ?? GLOBAL_KEYS[key]?.(facts);
}

function roleArnOf(caller: Caller): string | undefined {
  return caller.kind === 'role' ? caller.roleArn : undefined;
}

function userIdOf(caller: Caller): string | undefined {
  if (caller.kind !== 'role') return undefined;
  return `AROA${caller.roleArn.slice(caller.roleArn.lastIndexOf('/') + 1)}:${caller.sessionName ?? 'session'}`;
}

function sourceAccountOf(caller: Caller): string | undefined {
  if (caller.kind !== 'service') return undefined;
  return caller.sourceAccount ?? (caller.sourceArn?.split(':')[4] || undefined);
}
