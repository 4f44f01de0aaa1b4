import { AwsError } from '../../../lib/local/aws.ts';
import { compileFilterCriteria } from '../../../lib/local/event-source-mapping/filter-criteria.ts';
import type { Choices } from '../choices.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { HOSTILE_TEXTS, hostileToken, spoilText } from '../hostile-json.ts';
import { reasonsInSource } from '../reasons-in-source.ts';
import { drawRule } from './rules.ts';

const FOLDER = 'local/event-source-mapping';
const PATTERNS = reasonsInSource('PatternError', [`${FOLDER}/event-pattern.ts`, `${FOLDER}/pattern-leaf.ts`]);
const CRITERIA = reasonsInSource('invalid', [`${FOLDER}/filter-criteria.ts`]);
const IN_PATTERN = 'Invalid filter pattern definition. ';
const NOT_JSON = 'Invalid filter pattern definition.';

interface Case {
  readonly criteria: unknown;
  readonly record: Readonly<Record<string, unknown>>;
}

const KEYS = ['body', 'a', 'messageAttributes', '__proto__', 'constructor'];
const ODD_CRITERIA: readonly unknown[] = [
  undefined,
  null,
  {},
  7,
  { Filters: null },
  { Filters: 'a' },
  { Filters: [null, {}] },
  { Filters: [{ Pattern: 7 }] },
  { Filters: Array.from({ length: 11 }, () => ({ Pattern: '{}' })) },
  { Filters: [{ Pattern: `{"body":["${'x'.repeat(4_096)}"]}` }] },
];

function drawPattern(choices: Choices, levels: number): string {
  const members = Array.from({ length: choices.below(2) + 1 }, () => {
    const key = JSON.stringify(choices.pick(KEYS));
    if (levels > 0 && choices.oneIn(3)) return `${key}:${drawPattern(choices, levels - 1)}`;
    if (choices.oneIn(10)) return `"$or":${choices.pick(['7', '[]', '[{"a":[1]},{"b":[2]}]', '[7]'])}`;
    if (choices.oneIn(12)) return `${key}:${hostileToken(choices)}`;
    return `${key}:[${Array.from({ length: choices.oneIn(12) ? 0 : 1 }, () => drawRule(choices)).join(',')}]`;
  });
  return `{${members.join(',')}}`;
}

export const filterCriteria: FuzzedParser<Case> = {
  name: 'filter criteria of mappings, and what they look at,',
  file: `${FOLDER}/filter-criteria.ts`,
  verdicts: ['accepted', ...PATTERNS.all, ...CRITERIA.all.filter((reason) => reason !== `${IN_PATTERN}…`)],
  draw(choices) {
    const pattern = choices.oneIn(16) ? spoilText(drawPattern(choices, 1), choices) : drawPattern(choices, 2);
    const criteria = choices.oneIn(20) ? choices.pick(ODD_CRITERIA) : { Filters: [{ Pattern: pattern }] };
    const body = choices.oneIn(2) ? `{"a":${hostileToken(choices)}}` : choices.pick(HOSTILE_TEXTS);
    return { criteria, record: { body, a: 'orders.order-placed', messageAttributes: { a: { stringValue: body } } } };
  },
  read({ criteria, record }) {
    try {
      must(typeof compileFilterCriteria(criteria)(record) === 'boolean', 'a record passes or does not');
      return 'accepted';
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      must(error.code === 'InvalidParameterValueException', 'a refusal has the name that Lambda gives it');
      if (error.message === NOT_JSON || !error.message.startsWith(IN_PATTERN)) return CRITERIA.of(error.message);
      return PATTERNS.of(error.message.slice(IN_PATTERN.length));
    }
  },
};
