import { matchesFilter } from '../../../lib/local/sns/filter-match.ts';
import { FilterPolicyError } from '../../../lib/local/sns/filter-matcher.ts';
import { type FilterScope, parseFilterPolicy } from '../../../lib/local/sns/filter-policy.ts';
import type { MessageAttributes } from '../../../lib/local/sqs/message-attributes.ts';
import type { Choices } from '../choices.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { HOSTILE_TEXTS, hostileToken, spoilText } from '../hostile-json.ts';
import { reasonsInSource } from '../reasons-in-source.ts';
import { drawRule } from './rules.ts';

const REASONS = reasonsInSource('FilterPolicyError', ['local/sns/filter-matcher.ts', 'local/sns/filter-policy.ts']);
const SCOPES: readonly FilterScope[] = ['MessageAttributes', 'MessageBody'];

interface Case {
  readonly text: string;
  readonly scope: FilterScope;
  readonly message: string;
  readonly attributes: MessageAttributes;
}

const KEYS = ['type', 'total', '__proto__', 'constructor', 'a', 'b', 'c'];
const HUGE = `{"a":["${'x'.repeat(262_144)}"]}`;
const EXPENSIVE = `{"a":${JSON.stringify(Array.from({ length: 151 }, (_, index) => index))}}`;

/** A policy as JSON text: rules for some keys, levels below some, alternatives, and what is none of these. */
function drawPolicy(choices: Choices, levels: number): string {
  const count = choices.oneIn(12) ? 6 : choices.below(3) + 1;
  const members = Array.from({ length: count }, (_, index) => {
    const key = JSON.stringify(count > 3 ? `k${index}` : choices.pick(KEYS));
    if (levels > 0 && choices.oneIn(5)) return `${key}:${drawPolicy(choices, levels - 1)}`;
    if (choices.oneIn(12)) return `"$or":[${drawPolicy(choices, 0)},${drawPolicy(choices, 0)}]`;
    if (choices.oneIn(16)) return `${key}:${hostileToken(choices)}`;
    return `${key}:[${Array.from({ length: choices.oneIn(10) ? 0 : choices.below(2) + 1 }, () => drawRule(choices)).join(',')}]`;
  });
  return `{${members.join(',')}}`;
}

function drawAttributes(choices: Choices): MessageAttributes {
  const value = choices.oneIn(3) ? choices.pick(HOSTILE_TEXTS) : 'orders.order-placed';
  const array = choices.oneIn(3) ? hostileToken(choices) : '["a",1,null]';
  return {
    type: { DataType: 'String', StringValue: value },
    total: { DataType: 'Number', StringValue: choices.pick(['10', 'x', '1e999', '-0']) },
    a: { DataType: 'String.Array', StringValue: array },
    b: { DataType: 'Binary', BinaryValue: 'AA==' },
  };
}

export const filterPolicies: FuzzedParser<Case> = {
  name: 'filter policies of topics, and what they look at,',
  file: 'local/sns/filter-policy.ts',
  verdicts: ['accepted', ...REASONS.all],
  draw(choices) {
    const scope = choices.pick(SCOPES);
    const policy = drawPolicy(choices, 2);
    const text = choices.oneIn(30) ? choices.pick([EXPENSIVE, HUGE]) : choices.oneIn(12) ? spoilText(policy, choices) : policy;
    const message = choices.oneIn(2) ? `{"a":${hostileToken(choices)},"type":"a"}` : hostileToken(choices);
    return { text, scope, message, attributes: drawAttributes(choices) };
  },
  read({ text, scope, message, attributes }) {
    try {
      const policy = parseFilterPolicy(text, scope);
      must(typeof matchesFilter(policy, scope, { message, attributes }) === 'boolean', 'a message passes or does not');
      return 'accepted';
    } catch (error) {
      if (!(error instanceof FilterPolicyError)) throw error;
      return REASONS.of(error.message);
    }
  },
};
