import type { Rule } from '../infra/rules.ts';

/** What the rules of a grant to an operator look at. */
export interface OperatorFacts {
  /** The name of the role, where it is known when the app is synthesized. */
  readonly role: string | undefined;
  readonly functionName: string;
}

/** Names of the roles that IAM Identity Center makes of permission sets ("Referencing permission sets in resource policies"). */
const PERMISSION_SET_ROLE = /^AWSReservedSSO_/;

/** Who cannot be let operate by a stack. */
export const OPERATOR_RULES: readonly Rule<OperatorFacts>[] = [
  {
    when: ({ role = '' }) => PERMISSION_SET_ROLE.test(role),
    message: ({ role, functionName }) =>
      `grantOperate was given ${role}, a role of IAM Identity Center, which no stack may change: the deployment would fail with UnmodifiableEntity, or nothing would be ` +
      `granted. Allow lambda:InvokeFunction on the function ${functionName} in the permission set instead (docs/operations.md, "Permissions")`,
  },
];
