import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type NameOptions, nameWithin } from '../topology/name-within.ts';
import type { Rule } from './rules.ts';

export { NAME_LIMITS } from '../topology/name-within.ts';

const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** A logical name is what people and messages say: kebab-case, at most 48 characters so that a stack's name fits in front of it. */
export const NAME_RULES: readonly Rule<{ readonly name: string }>[] = [
  {
    when: ({ name }) => !KEBAB.test(name) || name.length > 48,
    message: ({ name }) =>
      `the name "${name}" must be kebab-case (a-z, 0-9, single hyphens, a letter first) and at most 48 characters; ` +
      `it is the construct's id unless the prop "name" gives another`,
  },
];

/**
 * The name of a stack, known at synth: that of a nested one, which CloudFormation makes up, is put together from the stack around it and
 * the ids between them. `_` occurs in no stack's own name, so the two kinds never meet.
 */
export function stackName(scope: Construct): string {
  const stack = Stack.of(scope);
  const parent = stack.nestedStackParent;
  if (parent === undefined) return stack.stackName;
  const ids = stack.node.scopes.slice(parent.node.scopes.length).map(({ node }) => node.id.replace(/[^a-zA-Z0-9-]/g, '-'));
  return [stackName(parent), ...ids].join('_');
}

/** The physical name of what a construct called `name` deploys, see `nameWithin`. */
export function physicalName(scope: Construct, name: string, options: NameOptions): string {
  return nameWithin(stackName(scope), name, options);
}
