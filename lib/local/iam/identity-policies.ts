import type { CompiledPolicy } from './policy.ts';

/** The compiled policies of a role. */
export interface IdentityPolicies {
  readonly policies: readonly CompiledPolicy[];
  readonly boundary?: CompiledPolicy | undefined;
}
