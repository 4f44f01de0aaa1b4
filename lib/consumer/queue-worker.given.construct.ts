import type { Rule } from '../infra/rules.ts';
import { isRetryPolicy } from '../retry/policy.ts';
import { shown } from '../retry/shown.ts';
import type { QueueWorkerProps } from './queue-worker.props.construct.ts';
import { ruleListFault } from './rule-list.ts';

/** Props as they came, for stacks that no compiler checked: what reads them further on takes their types for granted. */
export type GivenProps = Pick<QueueWorkerProps, 'inbox' | 'delivery' | 'onExhausted' | 'retry' | 'errors'>;

const isNot = (value: unknown, ...allowed: readonly unknown[]) => value !== undefined && !allowed.includes(value);
const faultOf = ({ errors }: GivenProps) => (errors === undefined ? undefined : ruleListFault('errors', errors));

/** What a worker must be given before anything else is asked of it. */
export const GIVEN_RULES: readonly Rule<GivenProps>[] = [
  {
    when: ({ inbox }) => typeof (inbox as { readonly grantUse?: unknown } | null | undefined)?.grantUse !== 'function',
    message: ({ inbox }) =>
      `inbox is ${shown(inbox)}; without one, nothing says which messages it has handled: give it "inbox: new Inbox(this, 'inbox')", one for all consumers of the stack, or Inbox.import()`,
  },
  {
    when: ({ delivery }) => isNot(delivery, 'at-least-once', 'at-most-once'),
    message: ({ delivery }) =>
      `delivery is ${shown(delivery)}; it is 'at-least-once' or 'at-most-once': correct it, here and in createConsumer`,
  },
  {
    when: ({ onExhausted }) => isNot(onExhausted, 'deadLetter', 'block'),
    message: ({ onExhausted }) =>
      `onExhausted is ${shown(onExhausted)}; it is 'deadLetter' or 'block': correct it; to drop messages say discard() in a rule of "errors"`,
  },
  {
    when: ({ retry }) => retry !== undefined && !isRetryPolicy(retry),
    message: ({ retry }) => `retry is ${shown(retry)}; it is a policy: make it with exponential(), linear() or fixed()`,
  },
  {
    when: (props) => faultOf(props) !== undefined,
    message: (props) => faultOf(props) ?? '',
  },
];
