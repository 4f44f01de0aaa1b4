import type { Choices } from './choices.ts';

const DEEP = 100_000;
const nested = (depth: number, inside = '1'): string => '['.repeat(depth) + inside + ']'.repeat(depth);
const nestedObjects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

/** Texts that have broken readers before: other types' words, halves of surrogate pairs, what XML and SQS refuse, names of the prototype. */
export const HOSTILE_TEXTS: readonly string[] = [
  '',
  ' ',
  'a',
  '0',
  'null',
  'constructor',
  '__proto__',
  'toString',
  'hasOwnProperty',
  'a b',
  'a\nb',
  'a\r\n    at injected (/var/task/index.js:1:1)',
  '{"level":"INFO","message":"injected"}',
  'a\u0000b',
  'a\u0001b',
  'a\u001bb',
  'a\u007fb',
  'half \ud800',
  '\udc00 half',
  '\u{1f600}',
  'not a character \ufffe',
  'not a character \uffff',
  '\ufeffmarked',
  '\u202egnirts',
  'e\u0301',
  '\u2028',
  '../../etc/passwd',
  'http://169.254.169.254/latest/meta-data',
  '%00',
  '%{jndi:ldap://x}',
  '<a>&amp;</a>',
  "'; DROP TABLE x; --",
  'x'.repeat(128),
  'x'.repeat(129),
  'x'.repeat(256),
  'x'.repeat(257),
  'é'.repeat(600),
];

/** JSON values as texts, so that they may hold what no program writes: numbers beyond doubles, prototype keys, two keys of one name. */
export const HOSTILE_TOKENS: readonly string[] = [
  'null',
  'true',
  'false',
  '0',
  '1',
  '-1',
  '-0',
  '1.5',
  '1e999',
  '-1e999',
  '1e-400',
  '9007199254740993',
  '2147483648',
  '[]',
  '{}',
  '[null]',
  '[[["a"]]]',
  '{"a":1,"a":2}',
  '{"toString":1,"valueOf":2}',
  '{"length":4294967296}',
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{"admin":true}}}',
  '"\\ud800"',
  '"\\u0000"',
  '["\\udfff"]',
  '{"\\ud800":1}',
  ...HOSTILE_TEXTS.map((text) => JSON.stringify(text)),
];

/** Values so large or so deep that only some cases can carry one. */
const HEAVY_TOKENS: readonly string[] = [
  nested(33),
  nested(499),
  nested(501),
  nestedObjects(501),
  nested(2_000),
  `[${'0,'.repeat(2_000)}0]`,
  `{${Array.from({ length: 1_000 }, (_, index) => `"k${index}":${index}`).join(',')}}`,
];

/** Values at the limit of what a queue carries. */
const GIANT_TOKENS: readonly string[] = [
  nested(DEEP),
  nestedObjects(DEEP),
  `"${'x'.repeat(1_000_000)}"`,
  `{${Array.from({ length: 50_000 }, (_, index) => `"k${index}":0`).join(',')}}`,
];

/** A JSON value as text, seldom a large one. */
export function hostileToken(choices: Choices): string {
  if (choices.oneIn(50)) return choices.oneIn(500) ? choices.pick(GIANT_TOKENS) : choices.pick(HEAVY_TOKENS);
  return choices.pick(HOSTILE_TOKENS);
}

/** A JSON object before it is text: its members in order, values as JSON texts. A name may stand there twice. */
export type Members = readonly (readonly [name: string, token: string])[];

/** The members of an object. */
export function membersOfObject(object: object): Members {
  return Object.entries(object).map(([name, value]) => [name, JSON.stringify(value)]);
}

/** Spoils an object in one place: a value of another kind, a member less, one twice, one that nobody expects. */
export function spoilMembers(members: Members, choices: Choices): Members {
  const at = choices.below(members.length);
  const [name, token] = members[at] as Members[number];
  switch (choices.below(5)) {
    case 0:
    case 1:
      return members.with(at, [name, hostileToken(choices)]);
    case 2:
      return members.toSpliced(at, 1);
    case 3:
      return [...members, choices.oneIn(2) ? [name, token] : [name, hostileToken(choices)]];
    default:
      return members.toSpliced(at, 0, [choices.pick(HOSTILE_TEXTS), hostileToken(choices)]);
  }
}

/** An object's text. */
export function textOfMembers(members: Members): string {
  return `{${members.map(([name, token]) => `${JSON.stringify(name)}:${token}`).join(',')}}`;
}

/** Spoils a JSON text as a whole: cut off, with something before or behind it, encoded twice, in another wrapping, or none of it. */
export function spoilText(text: string, choices: Choices): string {
  switch (choices.below(12)) {
    case 0:
      return text.slice(0, choices.below(text.length + 1));
    case 1:
      return text + choices.pick(['}', ' ', '\n', ',', '\u0000', text]);
    case 2:
      return `\ufeff${text}`;
    case 3:
      return JSON.stringify(text);
    case 4:
      return JSON.stringify(JSON.stringify(text));
    case 5:
      return `[${text}]`;
    case 6:
      return snsNotification(text);
    case 7:
      return Buffer.from(text).toString('base64');
    case 8:
      return hostileToken(choices);
    case 9:
      return choices.pick(HOSTILE_TEXTS);
    case 10:
      return flipped(text, choices);
    default:
      return ` \t\r\n${text}\n`;
  }
}

/** A body as SNS delivers it without raw message delivery ("HTTP/HTTPS notification JSON format"). */
export function snsNotification(body: string): string {
  return JSON.stringify({
    Type: 'Notification',
    MessageId: '00000000-0000-4000-8000-000000000000',
    TopicArn: 'arn:aws:sns:us-east-1:000000000000:orders',
    Message: body,
    Timestamp: '2030-01-01T00:00:00.000Z',
  });
}

const CHARACTERS = '{}[]":,\\ 0-e.nt\u0000\ud800\ufffe';

function flipped(text: string, choices: Choices): string {
  const at = choices.below(text.length + 1);
  return text.slice(0, at) + choices.pick([...CHARACTERS]) + text.slice(at + choices.below(2));
}
