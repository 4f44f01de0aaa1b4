import { activityKey } from '../../../lib/app/github/github.messages.ts';
import { changedInteger, parsePayload } from '../../../lib/app/github/parse-payload.ts';
import { type FuzzedParser, must } from '../fuzz.ts';
import { HOSTILE_TEXTS, hostileToken, membersOfObject, spoilMembers, spoilText, textOfMembers } from '../hostile-json.ts';

const PAYLOAD = membersOfObject({
  action: 'opened',
  sender: { login: 'octocat' },
  repository: { full_name: 'octo/cat' },
  issue: { number: 1, title: 'a "quoted" title \\' },
});
/** Digits in a text are no number. */
const DIGITS_IN_TEXT = ['title', '"no. \\"99999999999999999999\\""'] as const;

const INTEGERS = [
  '1',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '-9007199254740993',
  '100000000000000000000',
  '123456789012345678',
  `1${'0'.repeat(400)}`,
];
const NOT_UTF8 = [Buffer.from([0xff]), Buffer.from([0xc0, 0x80]), Buffer.from([0xed, 0xa0, 0x80])];

interface Case {
  readonly bytes: Buffer;
  /** An integer that stands in the payload, outside of any string. */
  readonly integer: string | undefined;
}

export const webhooks: FuzzedParser<Case> = {
  name: 'payloads of webhooks',
  file: 'app/github/parse-payload.ts',
  verdicts: ['accepted', 'not JSON', 'integer changed'],
  draw(choices) {
    const integer = choices.oneIn(2) ? choices.pick(INTEGERS) : undefined;
    if (integer !== undefined)
      return {
        bytes: Buffer.from(
          textOfMembers([
            ...PAYLOAD,
            ...(choices.oneIn(2) ? [DIGITS_IN_TEXT] : []),
            ['id', choices.oneIn(2) ? integer : `[{"a":${integer}}]`],
          ]),
        ),
        integer,
      };
    if (choices.oneIn(12)) {
      const repository = JSON.stringify({ full_name: choices.pick(HOSTILE_TEXTS) });
      return { bytes: Buffer.from(textOfMembers([...PAYLOAD, ['repository', repository]])), integer };
    }
    const text = textOfMembers(choices.oneIn(3) ? spoilMembers(PAYLOAD, choices) : [...PAYLOAD, ['extra', hostileToken(choices)]]);
    const bytes = Buffer.from(choices.oneIn(2) ? spoilText(text, choices) : text);
    return { bytes: choices.oneIn(10) ? Buffer.concat([bytes, choices.pick(NOT_UTF8)]) : bytes, integer };
  },
  read({ bytes, integer }) {
    const payload = parsePayload(bytes);
    if (payload === undefined) {
      must(integer === undefined, 'a payload in JSON is read');
      return 'not JSON';
    }
    const key = activityKey(payload.value);
    must(key === undefined || typeof key === 'string', 'a payload has a key or none');
    const changed = changedInteger(payload.text);
    if (integer !== undefined) must((changed !== undefined) === isChanged(integer), `${integer} leaves as it came, or not at all`);
    return changed === undefined ? 'accepted' : 'integer changed';
  },
};

const isChanged = (integer: string): boolean => !Number.isFinite(Number(integer)) || BigInt(Number(integer)) !== BigInt(integer);
