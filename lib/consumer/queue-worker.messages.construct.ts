import type { Rule } from '../infra/rules.ts';
import { declaresKey } from '../message/define.ts';
import type { AnyMessageDefinition } from '../message/message.ts';
import { type ErrorMatch, type ErrorRule, typeName } from '../retry/error-rules.ts';
import { HANDLES_ALL } from './consumer.contract.ts';
import type { Handles } from './consumer.rules.construct.ts';

/** What the rules about a worker and its messages look at. */
export interface HandledFacts {
  readonly handles: Handles;
  readonly ordered: boolean;
  readonly errors: readonly ErrorRule[];
}

const listOf = (handles: Handles): readonly AnyMessageDefinition[] => (handles === HANDLES_ALL ? [] : handles);
const quote = (names: readonly string[]) => [...new Set(names)].map((name) => `"${name}"`).join(', ');

/** The wire names that a rule asks for, its causes' too. */
function typesOf(match: ErrorMatch): readonly string[] {
  if (typeof match === 'function') return [];
  const { type, cause } = match;
  return [...(type === undefined ? [] : [typeName(type)]), ...(cause === undefined ? [] : typesOf(cause))];
}

const neverHandled = ({ handles, errors }: HandledFacts) =>
  handles === HANDLES_ALL ? [] : errors.flatMap(({ match }) => typesOf(match)).filter((type) => !handles.some(({ name }) => name === type));

const unkeyed = ({ handles, ordered }: HandledFacts) => (ordered ? listOf(handles).filter((definition) => !declaresKey(definition)) : []);

/** How a worker's messages, its order and its error rules must fit together. */
export const HANDLED_RULES: readonly Rule<HandledFacts>[] = [
  {
    when: (facts) => neverHandled(facts).length > 0,
    message: (facts) =>
      `errors has a rule for messages of type ${quote(neverHandled(facts))}, which handles does not list; it would never match: correct the type, add the message to "handles", or remove the rule`,
  },
  {
    when: (facts) => unkeyed(facts).length > 0,
    message: (facts) =>
      `ordered is true, but ${quote(unkeyed(facts).map(({ name }) => name))} in handles declares no key; a message without a key has no order to keep: give its definition a "key", or handle it in ` +
      'a consumer without "ordered"',
  },
];
