import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeEnvelope } from '../../lib/index.ts';
import { type Answer, type GithubWorld, type Post, startGithubWorld } from './github-world.ts';

let world: GithubWorld;
beforeAll(async () => {
  world = await startGithubWorld();
}, 120_000);
afterAll(() => world?.close());

const push = (fields: object = {}) => ({
  ref: 'refs/heads/main',
  repository: { full_name: 'octo/repo' },
  sender: { login: 'octocat' },
  ...fields,
});

async function accepted(post: Post): Promise<Answer> {
  const answer = await world.post(post);
  expect(answer).toMatchObject({ status: 202, outcome: 'committed' });
  return answer;
}

async function refused(post: Post, status: number, code: string): Promise<Answer> {
  const answer = await world.post(post);
  expect(answer).toMatchObject({ status, code, message: expect.stringMatching(/\w/) });
  await world.settled();
  expect(world.audit(answer.delivery)).toBeUndefined();
  return answer;
}

const applied = (delivery: string) => world.eventually(() => expect(world.audit(delivery)).toMatchObject({ recorded: 1 }));

describe('at the door', () => {
  test('a signed delivery is committed and recorded once', async () => {
    const { delivery } = await accepted({ body: JSON.stringify(push()) });
    await applied(delivery);
    expect(world.audit(delivery)).toMatchObject({ type: 'github.push', sender: 'octocat', repository: 'octo/repo' });
  });

  test('a body that is not JSON is refused', async () => {
    for (const body of ['', '{', '{}}', 'null and void', "{'a':1}", '{"a":NaN}', Buffer.from([0x7b, 0xff, 0x7d])]) {
      await refused({ body }, 400, 'NOT_JSON');
    }
  });

  test('a missing, foreign or malformed signature is refused', async () => {
    const body = JSON.stringify(push());
    for (const signature of [null, '', 'sha256=', `sha256=${'0'.repeat(64)}`, `sha1=${'0'.repeat(40)}`]) {
      await refused({ body, signature }, 401, 'SIGNATURE_INVALID');
    }
  });

  test('a delivery without an id is refused', async () => {
    await refused({ body: JSON.stringify(push()), delivery: null }, 400, 'DELIVERY_MISSING');
    await refused({ body: JSON.stringify(push()), delivery: '' }, 400, 'DELIVERY_MISSING');
  });

  test('an event that nobody declared is refused by name', async () => {
    const { message } = await refused({ body: '{}', event: 'moon_landing' }, 422, 'EVENT_UNKNOWN');
    expect(message).toContain('"moon_landing"');
    await refused({ body: '{}', event: '' }, 422, 'EVENT_UNKNOWN');
    await refused({ body: '{}', event: '__proto__' }, 422, 'EVENT_UNKNOWN');
  });

  test('a delivery id that no envelope could carry is refused, and one of 256 characters is taken', async () => {
    const { delivery } = await accepted({ body: JSON.stringify(push()), delivery: `${randomUUID()}${'x'.repeat(220)}` });
    await applied(delivery);
    await refused({ body: JSON.stringify(push()), delivery: `${randomUUID()}${'x'.repeat(221)}` }, 422, 'MESSAGE_FIELD_INVALID');
  });
});

describe('a delivery that comes again', () => {
  test('commits once, at once or later', async () => {
    const post = { body: JSON.stringify(push()), delivery: randomUUID() };
    const answers = await Promise.all([world.post(post), world.post(post), world.post(post)]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['committed', 'duplicate', 'duplicate']);
    await applied(post.delivery);
    expect(await world.post(post)).toMatchObject({ status: 202, outcome: 'duplicate' });
    await world.settled();
    await applied(post.delivery);
  });

  test('with another payload is refused, and the first one stands', async () => {
    const delivery = randomUUID();
    await accepted({ body: JSON.stringify(push()), delivery });
    const again = await world.post({ body: JSON.stringify(push({ sender: { login: 'impostor' } })), delivery });
    expect(again).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED', message: expect.stringContaining(delivery) });
    await applied(delivery);
    await world.settled();
    expect(world.audit(delivery)).toMatchObject({ recorded: 1, sender: 'octocat' });
  });
});

describe('text', () => {
  test.each([
    ['emoji and other characters of four bytes', '🚀 👩‍👩‍👧‍👦 𠜎 𝒜'],
    ['U+FFFE and U+FFFF, which SQS refuses', 'a\ufffeb\uffffc'],
    ['control characters', 'nul \u0000 bell \u0007 escape \u001b delete \u007f next line \u0085'],
    ['right to left marks, accents in two forms, line separators', '\u202eabc e\u0301 é \u2028 \u2029 \ufeff'],
    ['quotes and backslashes', `"'\\\\"\\u0041 <&>`],
  ])('%s arrive intact', async (_, text) => {
    const { delivery } = await accepted({ body: JSON.stringify(push({ sender: { login: text } })) });
    await applied(delivery);
    expect(world.audit(delivery)).toMatchObject({ sender: text });
  });

  test('half of a surrogate pair is refused where it stands', async () => {
    const { message } = await refused({ body: '{"sender":{"login":"a\\ud800b"}}' }, 422, 'MESSAGE_INVALID');
    expect(message).toContain('sender.login');
    expect(message).toContain('surrogate');
    await refused({ body: '{"a":["\\udc00"]}' }, 422, 'MESSAGE_INVALID');
    await refused({ body: '{"\\udfff":1}' }, 422, 'MESSAGE_INVALID');
  });
});

describe('JSON that harms its readers', () => {
  test('a key that reaches a prototype is refused', async () => {
    for (const body of ['{"__proto__":{"isAdmin":true}}', '{"a":{"__proto__":1}}', '{"constructor":{"prototype":{"a":1}}}']) {
      const { message } = await refused({ body }, 422, 'MESSAGE_INVALID');
      expect(message).toContain('prototype');
    }
    const { delivery } = await accepted({ body: JSON.stringify(push({ constructor: 'a word like any other' })) });
    await applied(delivery);
  });

  test('of two equal keys the last one counts for every reader', async () => {
    const { delivery } = await accepted({ body: '{"sender":{"login":"first"},"sender":{"login":"last"}}' });
    await applied(delivery);
    expect(world.audit(delivery)).toMatchObject({ sender: 'last' });
  });

  test('nesting is taken to 500 levels and refused beyond', async () => {
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    // The payload itself is the first level.
    const { delivery } = await accepted({ body: `{"a":${nested(499)}}` });
    await applied(delivery);
    const { message } = await refused({ body: `{"a":${nested(500)}}` }, 422, 'MESSAGE_INVALID');
    expect(message).toContain('deeper than 500');
    await refused({ body: `{"a":${nested(100_000)}}` }, 422, 'MESSAGE_INVALID');
  });

  test('a payload that is no object is parked by every consumer that wants one', async () => {
    for (const body of ['null', '42', '"text"', '[]', 'true']) {
      const { delivery } = await accepted({ body });
      const letter = await world.eventually(() => {
        const found = world.letters('record-audit-trail').find(({ body }) => decodeEnvelope(body).correlationId === delivery);
        expect(found).toBeDefined();
        return found;
      });
      expect(letter?.record).toMatchObject({ reason: 'MESSAGE_INVALID', messageType: 'github.push', consumer: 'record-audit-trail' });
      expect(decodeEnvelope(letter?.body ?? '').data).toEqual(JSON.parse(body));
      expect(world.audit(delivery)).toBeUndefined();
    }
  });
});

describe('numbers', () => {
  test('one that is larger than any double is refused', async () => {
    const { message } = await refused({ body: '{"id":1e999}' }, 422, 'MESSAGE_INVALID');
    expect(message).toContain('id: Infinity');
  });

  test('an integer that a double would change is refused rather than changed', async () => {
    for (const digits of ['9007199254740993', '12345678901234567890', '-9007199254740993']) {
      const { message } = await refused({ body: `{"installation":{"id":${digits}}}` }, 422, 'NUMBER_UNSAFE');
      expect(message).toContain(`integer ${digits} `);
    }
  });

  test('what a double holds arrives', async () => {
    for (const body of ['{"id":9007199254740991}', '{"id":-0.1,"b":1e300,"c":9007199254740992}', '{"id":"12345678901234567890"}']) {
      await applied((await accepted({ body })).delivery);
    }
  });
});

describe('size', () => {
  /** A payload whose message has exactly `bytes` bytes with its envelope and attributes. */
  async function payloadOf(bytes: number, fields: object, filler = 'x'): Promise<(more: number) => string> {
    const probe = JSON.stringify({ ...fields, pad: filler.repeat(bytes) });
    const { message = '' } = await world.post({ body: probe, event: 'issues' });
    const measured = Number(/has (\d+) bytes/.exec(message)?.[1]);
    const each = Buffer.byteLength(filler);
    const length = bytes - Math.ceil((measured - bytes) / each);
    const rest = (each - ((measured - bytes) % each)) % each;
    return (more) => JSON.stringify({ ...fields, pad: filler.repeat(length) + 'y'.repeat(rest + more) });
  }

  test.each([
    ['letters', 'x', 'octo/large'],
    ['characters of four bytes', '🚀', 'octo/rockets'],
  ])('262,144 bytes of %s with envelope and attributes reach all consumers, one more is refused', async (_, filler, repository) => {
    const fields = { issue: { number: 1 }, repository: { full_name: repository }, sender: { login: 'octocat' } };
    const payload = await payloadOf(262_144, fields, filler);
    const { message } = await refused({ body: payload(1), event: 'issues' }, 422, 'MESSAGE_TOO_LARGE');
    expect(message).toContain('262145 bytes');
    expect(message).toContain('takes 262144');

    const { delivery } = await accepted({ body: payload(0), event: 'issues' });
    await applied(delivery);
    await world.eventually(() => expect(world.activity(`${repository}/1`)).toMatchObject({ applied: [{ delivery, sequence: 1 }] }));
  });

  test('a request larger than Lambda takes is refused by the endpoint itself', async () => {
    const limit = 6 * 1024 * 1024;
    const answer = await world.post({ body: `"${'x'.repeat(limit - 1)}"` });
    expect(answer.status).toBe(413);
    await refused({ body: `"${'x'.repeat(limit - 2)}"` }, 422, 'MESSAGE_TOO_LARGE');
  });

  test('an ordering key that no DynamoDB key could hold is refused', async () => {
    const issue = (name: string) => JSON.stringify({ issue: { number: 7 }, repository: { full_name: name }, sender: { login: 'octocat' } });
    const { delivery } = await accepted({ body: issue('k'.repeat(1_022)), event: 'issues' });
    await applied(delivery);
    await world.eventually(() => expect(world.activity(`${'k'.repeat(1_022)}/7`)).toMatchObject({ applied: [{ delivery }] }));
    const { message } = await refused({ body: issue('k'.repeat(1_023)), event: 'issues' }, 422, 'MESSAGE_FIELD_INVALID');
    expect(message).toContain('at most 1024');
  });
});
