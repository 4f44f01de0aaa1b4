import { createHash } from 'node:crypto';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Rule } from './rules.ts';

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

/** What a physical name may be at most, by service (Lambda and SQS quotas; SNS allows more than we use). */
export const NAME_LIMITS = { function: 64, queue: 80, topic: 256, schedule: 64 } as const;

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

/**
 * `<stack>-<name><suffix>`: one name for the queue, the function and the log group, so that what a person reads in a dashboard is what the
 * code says. The name of a queue must be known before the queue exists: its dead-letter queue names it in its redrive allow policy.
 * A name over `max` loses the end of the stack's name to a hash.
 */
export function physicalName(scope: Construct, name: string, options: { readonly max: number; readonly suffix?: string }): string {
  const suffix = options.suffix ?? '';
  const stack = stackName(scope);
  const whole = `${stack}-${name}${suffix}`;
  if (whole.length <= options.max) return whole;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  const own = `${hash}-${name}`.slice(0, options.max - suffix.length);
  const room = options.max - own.length - suffix.length - 1;
  return `${room > 0 ? `${stack.slice(0, room)}-` : ''}${own}${suffix}`;
}
