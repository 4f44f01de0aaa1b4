import type { Caller } from '../aws.ts';
import type { ConditionContext } from './condition-context.ts';
import type { CompiledPolicy, StatementQuestion } from './policy.ts';
import { type PrincipalNames, principalNames, sessionArn } from './principal.ts';

/** One authorisation question, with every policy that has a say in it. */
export interface Question {
  readonly caller: Caller;
  /** E.g. `sqs:SendMessage`. */
  readonly action: string;
  /** The resource's ARN; undefined when the request does not reveal it (an opaque iterator): any resource will do. */
  readonly resource: string | undefined;
  readonly context: ConditionContext;
  readonly identityPolicies: readonly CompiledPolicy[];
  readonly permissionsBoundary?: CompiledPolicy | undefined;
  readonly resourcePolicy?: CompiledPolicy | undefined;
  /**
   * Keys and role trust policies: identity policies count only where the resource's own policy delegates to the account
   * (AWS KMS Developer Guide: Key policies; IAM User Guide: trust policies).
   */
  readonly resourcePolicyDecides?: boolean;
}

/** The answer; `reason` completes AWS's sentence "… is not authorized to perform …". */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

const ALLOWED: Decision = { allowed: true, reason: '' };

/**
 * Decides as AWS does (IAM User Guide: Policy evaluation logic): an explicit deny anywhere wins; a role needs an allow from its
 * identity policies or, in the same account, from the resource policy; across accounts it needs both; a service needs the resource policy.
 *
 * @example
 * decide({ caller, action: 'sqs:SendMessage', resource: queueArn, context, identityPolicies: [compilePolicy(document)] }).allowed
 */
export function decide(question: Question): Decision {
  const { caller } = question;
  if (caller.kind === 'developer') return ALLOWED;
  const asked: StatementQuestion = { action: question.action.toLowerCase(), resource: question.resource, context: question.context };
  const names = principalNames(caller);
  const byResource = askResourcePolicy(question.resourcePolicy, asked, names);
  const byIdentity = askIdentityPolicies(question.identityPolicies, asked);
  if (byIdentity === 'deny') return refused('with an explicit deny in an identity-based policy');
  if (byResource === 'deny') return refused('with an explicit deny in a resource-based policy');
  if (caller.kind === 'service') {
    return byResource === 'direct' ? ALLOWED : because('resource-based', question.action);
  }
  const boundary = question.permissionsBoundary;
  if (boundary !== undefined && askIdentityPolicies([boundary], asked) !== 'allow') {
    return because('permissions boundary', question.action);
  }
  if (question.resourcePolicyDecides === true) return decideByResource(question, byResource, byIdentity);
  return isOtherAccount(question, names) ? decideAcross(question, byResource, byIdentity) : decideWithin(question, byResource, byIdentity);
}

type ResourceAnswer = 'deny' | 'direct' | 'account' | undefined;
type IdentityAnswer = 'deny' | 'allow' | undefined;

function decideWithin(question: Question, byResource: ResourceAnswer, byIdentity: IdentityAnswer): Decision {
  return byIdentity === 'allow' || byResource === 'direct' ? ALLOWED : because('identity-based', question.action);
}

function decideAcross(question: Question, byResource: ResourceAnswer, byIdentity: IdentityAnswer): Decision {
  if (byIdentity !== 'allow') return because('identity-based', question.action);
  return byResource === undefined ? because('resource-based', question.action) : ALLOWED;
}

function decideByResource(question: Question, byResource: ResourceAnswer, byIdentity: IdentityAnswer): Decision {
  if (byResource === 'direct' || (byResource === 'account' && byIdentity === 'allow')) return ALLOWED;
  return because(byResource === 'account' ? 'identity-based' : 'resource-based', question.action);
}

/** ARNs of buckets and objects carry no account; those are of the caller's. */
function isOtherAccount({ resource }: Question, names: PrincipalNames): boolean {
  const owner = resource?.split(':')[4];
  return owner !== undefined && owner !== '' && owner !== '*' && owner !== names.accountId;
}

function askIdentityPolicies(policies: readonly CompiledPolicy[], asked: StatementQuestion): IdentityAnswer {
  let answer: IdentityAnswer;
  for (const policy of policies) {
    for (const statement of policy) {
      if (answer === 'allow' && statement.effect === 'Allow') continue;
      if (!statement.applies(asked)) continue;
      if (statement.effect === 'Deny') return 'deny';
      answer = 'allow';
    }
  }
  return answer;
}

function askResourcePolicy(policy: CompiledPolicy | undefined, asked: StatementQuestion, names: PrincipalNames): ResourceAnswer {
  let answer: ResourceAnswer;
  for (const statement of policy ?? []) {
    const match = statement.names(names);
    if (match === undefined || !statement.applies(asked)) continue;
    if (statement.effect === 'Deny') return 'deny';
    if (answer !== 'direct') answer = match;
  }
  return answer;
}

function refused(reason: string): Decision {
  return { allowed: false, reason };
}

function because(kind: 'identity-based' | 'resource-based' | 'permissions boundary', action: string): Decision {
  const policy = kind === 'permissions boundary' ? 'no permissions boundary' : `no ${kind} policy`;
  return refused(`because ${policy} allows the ${action} action`);
}

/** How AWS's messages name a caller. */
export function callerName(caller: Caller): string {
  if (caller.kind === 'role') return sessionArn(caller);
  return caller.kind === 'service' ? caller.principal : 'developer';
}
