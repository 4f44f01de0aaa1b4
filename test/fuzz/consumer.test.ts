import { Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRecord } from '../../lib/consumer/consumer.reading.ts';
import { createRouter } from '../../lib/consumer/consumer.routes.ts';
import { hasForbiddenCharacter } from '../../lib/local/sqs/message-attributes.ts';
import { createPowertoolsLogger } from '../../lib/observability/powertools.ts';
import { bodyOf, countEffect, createWorld, type World } from '../consumer/world.ts';
import { choicesOf, decisions } from './choices.ts';
import { RUNS, SEED } from './fuzz.ts';
import { drawRecord } from './parsers/records.ts';

const MAX_AGE_MS = 59 * 86_400_000;
const router = createRouter([countEffect], []);

/** What the queue itself takes; everything else never gets as far as a consumer. */
const isCarried = (body: string) => body !== '' && !hasForbiddenCharacter(body) && Buffer.byteLength(body) <= 1_048_576;

/** Why a body must end in the dead-letter queue, or undefined when it is a message to run. */
function reasonToPark(body: string, now: number): string | undefined {
  const record = { messageId: 'a', receiptHandle: 'a', body, attributes: { ApproximateReceiveCount: '1' }, eventSourceARN: 'a' };
  const { reading } = readRecord(record, 0, { router, now, maxAgeMs: MAX_AGE_MS });
  return reading.kind === 'park' ? reading.reason : undefined;
}

/** The logger of production, its lines in a list. */
function loggerInto(lines: string[]) {
  const logger = new PowertoolsLogger({ serviceName: 'orders', logLevel: 'DEBUG' });
  const write = (line: string) => lines.push(line);
  Object.assign(logger, { console: { debug: write, info: write, warn: write, error: write } });
  return createPowertoolsLogger(logger);
}

function parkedIn(world: World): { body: string; reason: string | undefined }[] {
  const parked: { body: string; reason: string | undefined }[] = [];
  for (let some = world.deadLetters(); some.length > 0; some = world.deadLetters()) {
    parked.push(...some.map(({ body, failure }) => ({ body, reason: failure?.reason })));
  }
  return parked;
}

const byBody = (a: { body: string }, b: { body: string }): number => (a.body < b.body ? -1 : 1);

test('beside any bodies, each good message is applied once and each bad one parked byte for byte with its reason, one log line a record', {
  timeout: 60_000 + RUNS,
}, async () => {
  const batches = fc.array(decisions, { minLength: 20, maxLength: 20 });
  const reasons = new Set<string | undefined>();
  const property = fc.asyncProperty(batches, async (lists) => {
    const lines: string[] = [];
    const world = createWorld({ log: loggerInto(lines) });
    const now = world.clock.now();
    const bodies = lists.map((list) => drawRecord(choicesOf(list)).body).filter(isCarried);
    const bad = bodies.flatMap((body) => ({ body, reason: reasonToPark(body, now) })).filter(({ reason }) => reason !== undefined);
    for (const [index, { body }] of bad.entries()) {
      world.send(`good-${index}`);
      world.send(`bad-${index}`, { body });
    }
    for (const { reason } of bad) reasons.add(reason);
    await world.drain();

    expect(world.depth()).toBe(0);
    expect(parkedIn(world).sort(byBody)).toEqual([...bad].sort(byBody));
    for (const index of bad.keys()) expect(world.effectsOf(`message-good-${index}`)).toBe(1);
    expect(world.rows('effects')).toHaveLength(bad.length);
    for (const line of lines) expect(line).not.toMatch(/[\r\n]/);
    expect(lines.map((line) => JSON.parse(line).message).filter((message) => message === 'message dead-lettered')).toHaveLength(bad.length);
  });
  await fc.assert(property, { numRuns: Math.ceil(RUNS / 1_000), seed: SEED });
  expect([...reasons].sort()).toEqual(['BODY_INVALID', 'HOPS_EXCEEDED', 'MESSAGE_INVALID', 'TOO_OLD', 'UNKNOWN_TYPE', 'UNKNOWN_VERSION']);
});

test('a good body is what the cases above take for one', () => {
  expect(reasonToPark(bodyOf('1', { time: '2030-01-01T00:00:00.000Z' }), Date.UTC(2030, 0, 1))).toBeUndefined();
});
