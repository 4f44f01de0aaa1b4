import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import { AwsError, type Engine, type Json, type Place } from '../aws.ts';
import type { IamDeps } from './iam-actions.ts';
import { policyActions } from './iam-policies.ts';
import { roleActions, rolePolicyActions } from './iam-roles.ts';
import { createIamStore, type IamStore, type Role } from './iam-store.ts';
import type { IdentityPolicies } from './identity-policies.ts';
import { type CompiledPolicy, compilePolicy } from './policy.ts';

/** The IAM engine: the API over roles and policies, and what the authoriser asks it. */
export interface Iam extends Engine {
  call(request: { readonly action: string; readonly input: Json }): Json;
  /** The policies of a role by its ARN; undefined when there is no such role. Compiled once until IAM changes. */
  identityPoliciesOf(roleArn: string): IdentityPolicies | undefined;
}

/**
 * Roles and policies as the IAM API keeps them.
 *
 * @example
 * const iam = createIam({ clock: systemClock, ids: systemIds, place: LOCAL_PLACE });
 */
export function createIam(deps: { readonly clock: Clock; readonly ids: Ids; readonly place: Place }): Iam {
  const store = createIamStore(deps.place);
  const all: IamDeps = { ...deps, store };
  const actions = { ...roleActions(all), ...rolePolicyActions(all), ...policyActions(all) };
  const compiled = new Map<string, IdentityPolicies | undefined>();
  return {
    service: 'iam',
    call({ action, input }) {
      const run = actions[action];
      if (run === undefined) throw new AwsError('InvalidAction', `Could not find operation ${action} for version 2010-05-08`);
      if (!/^(Get|List)/.test(action)) compiled.clear();
      return run(input);
    },
    identityPoliciesOf(roleArn) {
      if (!compiled.has(roleArn)) compiled.set(roleArn, compileRole(store, roleArn));
      return compiled.get(roleArn);
    },
  };
}

function compileRole(store: IamStore, roleArn: string): IdentityPolicies | undefined {
  const role = store.roles.get(roleArn.slice(roleArn.lastIndexOf('/') + 1));
  if (role === undefined || role.arn !== roleArn) return undefined;
  return { policies: documentsOf(store, role).map(compilePolicy), boundary: boundaryOf(store, role) };
}

function documentsOf(store: IamStore, role: Role): string[] {
  const attached = [...role.attached].map((arn) => store.documentOf(arn)).filter((document) => document !== undefined);
  return [...role.inline.values(), ...attached];
}

function boundaryOf(store: IamStore, role: Role): CompiledPolicy | undefined {
  const document = role.boundaryArn === undefined ? undefined : store.documentOf(role.boundaryArn);
  return document === undefined ? undefined : compilePolicy(document);
}
