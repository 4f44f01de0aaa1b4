import { type JsonTrouble, jsonTrouble } from '../../../lib/message/json-data.ts';
import type { Choices } from '../choices.ts';
import { type FuzzedParser, membersOf, must } from '../fuzz.ts';
import { HOSTILE_TEXTS } from '../hostile-json.ts';

class Money {
  readonly amount = 1;
}

const LEAVES: readonly (() => unknown)[] = [
  () => 1,
  () => null,
  () => undefined,
  () => true,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => 10n,
  () => Symbol('a'),
  () => () => 1,
  () => new Date(0),
  () => new Date(Number.NaN),
  () => new Map([[1, 2]]),
  () => new Set([1]),
  () => new Money(),
  () => Buffer.from('a'),
  () => Object.create(null),
  () => Object.create({ inherited: 1 }),
  () => ({ toJSON: () => 'something else' }),
  () => new Array(3),
  () => circular(),
  () => deep(700),
  () => new String('boxed'),
  () => JSON.parse('{"__proto__":{"admin":true}}'),
  () => ({ constructor: { prototype: 1 } }),
  ...HOSTILE_TEXTS.map((text) => () => text),
];

function circular(): unknown {
  const object: Record<string, unknown> = {};
  object['self'] = object;
  return object;
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

function drawData(choices: Choices, levels: number): unknown {
  const kind = levels === 0 ? 0 : choices.below(3);
  if (kind === 0) return choices.pick(LEAVES)();
  const count = choices.below(3) + 1;
  if (kind === 1) return Array.from({ length: count }, () => drawData(choices, levels - 1));
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      choices.oneIn(3) ? choices.pick(HOSTILE_TEXTS) : `k${index}`,
      drawData(choices, levels - 1),
    ]),
  );
}

export const messageData: FuzzedParser = {
  name: 'data on its way out',
  file: 'message/json-data.ts',
  verdicts: [
    'accepted',
    ...membersOf<JsonTrouble['kind']>({ 'not-json': true, 'ill-formed-text': true, 'prototype-key': true, 'too-deep': true }),
  ],
  draw: (choices) => drawData(choices, 3),
  read(data) {
    const trouble = jsonTrouble(data);
    if (trouble !== undefined) return trouble.kind;
    const text = JSON.stringify(data);
    if (text !== undefined) must(sameJson(JSON.parse(text), data), 'what is accepted arrives as it left');
    return 'accepted';
  },
};

/** Equal, up to members that are undefined. */
function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a, b].map((object) => Object.entries(object).filter(([, value]) => value !== undefined)) as [
    [string, unknown][],
    [string, unknown][],
  ];
  return (
    left.length === right.length && left.every(([name, value], index) => right[index]?.[0] === name && sameJson(value, right[index]?.[1]))
  );
}
