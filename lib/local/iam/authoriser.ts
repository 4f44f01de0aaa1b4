import type { Clock } from '../../core/clock.ts';
import type { AwsRequest, Place } from '../aws.ts';
import { accessDenied } from './access-denied.ts';
import { contextOf } from './condition-context.ts';
import { type Decision, decide } from './decide.ts';
import type { IdentityPolicies } from './identity-policies.ts';
import { type CompiledPolicy, compilePolicy } from './policy.ts';
import { requestContext } from './request-context.ts';
import type { Requirement, ResourceKind } from './requirements/requirement.ts';
import { requirements } from './requirements.ts';
import type { ResourceDescription, ResourceLookup } from './resource-lookup.ts';

/** Throws an `AwsError` when the request's caller lacks a permission that the request needs. */
export type Authoriser = (request: AwsRequest) => void;

/** What the authoriser decides from. */
export interface AuthoriserDeps {
  readonly iam: { identityPoliciesOf(roleArn: string): IdentityPolicies | undefined };
  readonly lookup: ResourceLookup;
  readonly clock: Clock;
  readonly place: Place;
}

/**
 * Decides every call from the identity policies of the caller's role and the resource's own policy; the key of an encrypted
 * resource has a say too. The developer may do everything.
 *
 * @example
 * const authorise = createAuthoriser({ iam, lookup: createResourceLookup(() => aws), clock, place });
 * authorise(request); // throws AwsError('AccessDenied', 'User: arn:aws:sts::… is not authorized to perform: …')
 */
export function createAuthoriser({ iam, lookup, clock, place }: AuthoriserDeps): Authoriser {
  const known = rememberResources(lookup);

  const decideOne = (request: AwsRequest, requirement: Requirement, described: ResourceDescription | undefined): Decision => {
    const { caller } = request;
    const identity = caller.kind === 'role' ? iam.identityPoliciesOf(caller.roleArn) : undefined;
    return decide({
      caller,
      action: requirement.action,
      resource: requirement.resource,
      context: requestContext({ request, requirement: withFunction(requirement, described?.functionArn), clock, place }),
      identityPolicies: identity?.policies ?? NO_POLICIES,
      permissionsBoundary: identity?.boundary,
      resourcePolicy: readPolicy(described?.policy),
      resourcePolicyDecides: requirement.kind === 'role' || (requirement.kind === 'key' && described?.policy !== undefined),
    });
  };

  const requireKey = (request: AwsRequest, keyId: string, actions: readonly string[]): void => {
    const key = known.describe('key', keyId);
    // Keys that AWS manages serve every principal of the account through their service, and no other service (AWS KMS Developer Guide: AWS managed keys).
    if (key?.awsManaged === true && request.caller.kind === 'role') return;
    const service = request.service === 'dynamodbstreams' ? 'dynamodb' : request.service;
    const context = contextOf({ 'kms:ViaService': `${service}.${place.region}.amazonaws.com` });
    for (const action of actions) {
      const requirement: Requirement = { action, resource: key?.arn ?? keyId, kind: 'key', context };
      const decision = decideOne(request, requirement, key);
      if (!decision.allowed) throw accessDenied({ service: request.service, caller: request.caller, requirement, decision });
    }
  };

  const requireOne = (request: AwsRequest, asked: Requirement): void => {
    const owner = asked.policyOwner ?? asked.resource;
    const described = owner === undefined || asked.kind === 'none' ? undefined : known.describe(asked.kind, owner);
    const requirement = asked.kind === 'key' && described?.arn !== undefined ? { ...asked, resource: described.arn } : asked;
    const decision = decideOne(request, requirement, described);
    if (!decision.allowed) throw accessDenied({ service: request.service, caller: request.caller, requirement, decision });
    if (asked.keyActions !== undefined && described?.keyId !== undefined) requireKey(request, described.keyId, asked.keyActions);
  };

  return (request) => {
    if (changesResources(request.action)) known.forget();
    if (request.caller.kind === 'developer') return;
    for (const requirement of requirements(request, place)) requireOne(request, requirement);
  };
}

/** What a request for a mapping does not say itself: which function it is about. */
function withFunction(requirement: Requirement, functionArn: string | undefined): Requirement {
  return functionArn === undefined ? requirement : { ...requirement, context: contextOf({ 'lambda:FunctionArn': functionArn }) };
}

const NO_POLICIES: readonly CompiledPolicy[] = [];

function readPolicy(policy: unknown): CompiledPolicy | undefined {
  return policy === undefined || policy === '' ? undefined : compilePolicy(policy);
}

/** Calls that write data or only read; every other call may change a policy or a key. */
const DATA_CALL =
  /^(Send|Receive|DeleteMessage|ChangeMessage|Publish|Get|BatchGet|BatchWrite|Query|Scan|Transact|PutItem|UpdateItem|DeleteItem|PutObject$|DeleteObjects?$|Head|List|Describe|Invoke|PutLogEvents|PutMetricData|CreateLogStream|AssumeRole)/;

function changesResources(action: string): boolean {
  return !DATA_CALL.test(action);
}

/** Remembers descriptions until a call that may change one: a decision then costs no call to an engine. */
function rememberResources(lookup: ResourceLookup): ResourceLookup & { forget(): void } {
  const descriptions = new Map<string, ResourceDescription | undefined>();
  return {
    forget: () => descriptions.clear(),
    describe(kind: ResourceKind, arn: string) {
      const name = `${kind} ${arn}`;
      if (!descriptions.has(name)) descriptions.set(name, lookup.describe(kind, arn));
      return descriptions.get(name);
    },
  };
}
