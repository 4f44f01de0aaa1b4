import { describe, expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { ADA, BILL, CONSUMERS, DAY, letter, MINUTE, redriveWorld, SHIP } from './redrive-world.ts';

const T0 = Date.UTC(2029, 11, 31);
const ids = (count: number) => Array.from({ length: count }, (_, index) => `m${String(index).padStart(3, '0')}`);
const never = () => true;

describe('a redrive', () => {
  test('sends back what it selects, byte for byte with its attributes, and says of each who did it and why', async () => {
    const world = redriveWorld();
    const body = '{ "id": "m000",\n "n": 12345678901234567890 }';
    const attributes = { note: { dataType: 'String', stringValue: 'x' }, raw: { dataType: 'Binary', binaryValue: 'AAE=' } };
    await world.add(letter('m000', { body, attributes }), letter('m001', { fingerprint: 'f2' }));
    const ended = await world.redrive({ where: { fingerprint: 'f1' } });
    expect(ended).toMatchObject({ state: 'finished', counts: { sent: 1, alreadyDone: 0, left: 0 }, ...ADA });
    expect(world.consumed.bodies).toEqual([body]);
    expect(world.consumed.attributes[0]).toMatchObject({ note: { StringValue: 'x' }, raw: { BinaryValue: 'AAE=' } });
    const { items } = await world.timed(world.failures.list({ status: 'redriven' }));
    expect(items).toHaveLength(1);
    expect(await world.timed(world.failures.audits(items[0]?.id ?? ''))).toMatchObject([
      { action: 'redrive', ...ADA, result: 'sent', redriveId: ended.id },
    ]);
    expect(await world.failure('m001')).toMatchObject({ status: 'open', redrives: 0 });
  });

  test('sends all of them, the oldest first, and holds the rate that was asked', async () => {
    const world = redriveWorld();
    await world.add(...ids(600).map((id, index) => letter(id, { failedAt: T0 + index })));
    const ended = await world.redrive({ options: { rate: 20 } });
    expect(ended).toMatchObject({ state: 'finished', counts: { sent: 600, alreadyDone: 0, left: 0 } });
    expect(new Set(world.consumed.effects).size).toBe(600);
    expect([...world.consumed.effects.slice(0, 10)].sort()).toEqual(ids(10));
    const [first = 0] = world.sentAt;
    const seconds = ((world.sentAt.at(-1) ?? 0) - first) / 1_000;
    expect(590 / seconds).toBeGreaterThan(20 * 0.95);
    expect(590 / seconds).toBeLessThan(20 * 1.01);
    // Never more than a batch at once, and never faster than twice the rate.
    const within = (from: number, ms: number) => world.sentAt.filter((at) => at >= from && at < from + ms).length;
    expect(Math.max(...world.sentAt.map((at) => within(at, 200)))).toBeLessThanOrEqual(10);
    expect(Math.max(...world.sentAt.map((at) => within(at, 5_000)))).toBeLessThanOrEqual(20 * 5 + 30);
  });

  test('says of a message that was handled in the meantime that it is done, and does not send it', async () => {
    const world = redriveWorld();
    await world.add(letter('a'), letter('b'));
    world.mark('a');
    expect(await world.redrive({})).toMatchObject({ counts: { sent: 1, alreadyDone: 1, left: 0 } });
    expect(world.consumed.effects).toEqual(['b']);
    expect([(await world.failure('a'))?.status, (await world.failure('b'))?.status]).toEqual(['done', 'redriven']);
    expect(await world.audits('a')).toMatchObject([{ result: 'already done' }]);
  });

  test('leaves what nobody consumes, what may have run, what says something else than what was handled, and says why', async () => {
    const world = redriveWorld();
    await world.add(letter('a', { consumer: 'left-the-stack' }), letter('b'), letter('c', { reason: 'FINGERPRINT_MISMATCH' }));
    world.mark('b', 'STARTED');
    world.mark('c');
    const reasons = { NO_CONSUMER: 1, MAY_HAVE_RUN: 1, OTHER_CONTENT: 1 };
    expect(await world.redrive({})).toMatchObject({ state: 'finished', counts: { sent: 0, alreadyDone: 0, left: 3 }, reasons });
    expect(world.consumed.bodies).toEqual([]);
    expect((await world.audits('b'))[0]?.result).toMatch(/^left \(MAY_HAVE_RUN\): its consumer runs a message at most once/);
    expect([(await world.failure('b'))?.status, (await world.failure('c'))?.status]).toEqual(['open', 'open']);
  });

  test('sends a consumer no batch of a stream and no run of a schedule, though it has the name of their outbox', async () => {
    const world = redriveWorld();
    const { messageId: _, ...run } = letter('run', { source: 'schedule' });
    await world.add(letter('batch', { source: 'stream' }), run, letter('waited', { source: 'schedule' }));
    expect(await world.redrive({})).toMatchObject({ counts: { sent: 1, left: 2 }, reasons: { NO_CONSUMER: 2 } });
    expect(world.consumed.effects).toEqual(['waited']);
  });

  test('leaves a message of which the Scheduler kept a part only', async () => {
    const world = redriveWorld();
    const { messageId: _, ...part } = letter('part', { source: 'schedule', reason: 'CUT_SHORT' });
    await world.add(part);
    expect(await world.redrive({})).toMatchObject({ counts: { sent: 0, left: 1 }, reasons: { BODY_GONE: 1 } });
  });

  test('does not send again what fails again while it runs', async () => {
    const world = redriveWorld();
    await world.add(letter('a'), letter('b', { failedAt: T0 + 1 }));
    expect(await world.redrive({ options: { rate: 1 } }, never)).toMatchObject({ state: 'finished', counts: { sent: 2, left: 0 } });
    expect(world.consumed.bodies).toHaveLength(2);
    expect(await world.failure('a')).toMatchObject({ status: 'open', redrives: 1 });
    expect((await world.audits('a')).map(({ result }) => result)).toEqual(['sent']);
  });

  test('ends the ping-pong of a poisonous message at the number of redrives allowed', async () => {
    const world = redriveWorld();
    await world.add(letter('a'));
    for (let round = 0; round < 3; round += 1) {
      await world.redrive({ options: { maxRedrives: 2 } }, never);
      await world.world.run(MINUTE);
    }
    expect(world.consumed.bodies).toHaveLength(2);
    const last = (await world.timed(world.operations('auditor').list()))[0];
    expect(last).toMatchObject({ state: 'finished', counts: { sent: 0, left: 1 }, reasons: { TOO_OFTEN: 1 } });
  });

  test('sends a message twice within five minutes through a FIFO queue, because its failures are two', async () => {
    const world = redriveWorld();
    await world.add(letter('a', { consumer: BILL.name, key: 'order-1' }));
    await world.redrive({}, never);
    await world.world.run(10_000);
    await world.redrive({});
    expect(world.consumed.effects).toEqual(['a']);
    expect(world.consumed.bodies).toHaveLength(2);
  });

  test('sends the messages of a key in their order, whatever they failed of', async () => {
    const world = redriveWorld();
    const fingerprints = ['zz', 'mm', 'aa', 'zz'];
    const ofKey = fingerprints.map((fingerprint, index) =>
      letter(`k${index}`, { consumer: BILL.name, key: 'order-1', fingerprint, failedAt: T0 - index, messageTime: T0 + index }),
    );
    await world.add(...ofKey, letter('other', { consumer: BILL.name, key: 'order-2', fingerprint: 'aa' }));
    expect(await world.redrive({})).toMatchObject({ counts: { sent: 5, left: 0 } });
    expect(world.consumed.effects.filter((id) => id !== 'other')).toEqual(['k0', 'k1', 'k2', 'k3']);
  });

  test('asks for consent to what the inbox may have forgotten, and sends it with a new time once it has that', async () => {
    const world = redriveWorld();
    const messageTime = world.world.clock.now() - 59 * DAY - 1;
    const body = '{"id":"old","time":"2029-11-02T00:00:00.000Z","n":12345678901234567890}';
    await world.add(letter('old', { messageTime, body }), letter('young', { messageTime: messageTime + MINUTE }));
    const first = await world.redrive({});
    expect(first).toMatchObject({ counts: { sent: 1, left: 1 }, reasons: { TOO_OLD: 1 } });
    const second = await world.redrive({ options: { renewOld: true } });
    expect(second).toMatchObject({ counts: { sent: 1, left: 0 } });
    const time = new Date(second.startedAt).toISOString();
    expect(world.consumed.bodies[1]).toBe(`{"revision":1,"id":"old","time":"${time}","n":12345678901234567890}`);
    const { items } = await world.timed(world.failures.list({ status: 'replaced' }));
    expect(await world.timed(world.failures.audits(items[0]?.id ?? ''))).toMatchObject([{ action: 'renew', ...ADA }]);
  });

  test('leaves a message that SQS refuses, with what SQS said, and sends its neighbours', async () => {
    const world = redriveWorld();
    const attributes = Object.fromEntries(ids(11).map((name) => [name, { dataType: 'String', stringValue: 'x' }]));
    await world.add(letter('a', { attributes }), letter('b'));
    expect(await world.redrive({})).toMatchObject({ state: 'finished', counts: { sent: 1, left: 1 }, reasons: { REFUSED: 1 } });
    expect(world.consumed.effects).toEqual(['b']);
    expect(await world.failure('a')).toMatchObject({ status: 'open' });
    expect((await world.audits('a'))[0]?.result).toMatch(/^left \(REFUSED\): .*attributes/i);
  });
});

describe('canaries', () => {
  test('go ahead, one of each cause, and the rest follows once they are handled', async () => {
    const world = redriveWorld();
    await world.add(...ids(6).map((id, index) => letter(id, { fingerprint: index < 4 ? 'f1' : 'f2', failedAt: T0 + index })));
    const operator = world.operations('operations/1');
    const order = { where: {}, author: ADA, options: { canary: 2 } };
    const started = await world.timed(operator.start(order, world.world.clock.now() + MINUTE));
    expect(started).toMatchObject({ state: 'canary', counts: { sent: 2 } });
    expect(started.canaries.map(({ result }) => result)).toEqual(['waiting', 'waiting']);
    await world.consume();
    expect([...world.consumed.effects].sort()).toEqual(['m000', 'm004']);
    const ended = await world.timed(operator.status(started.id, world.world.clock.now() + MINUTE));
    expect(ended).toMatchObject({ state: 'finished', counts: { sent: 6 } });
    expect(ended.canaries.map(({ result }) => result)).toEqual(['done', 'done']);
  });

  test('stop the redrive when one fails again, and say which and of what', async () => {
    const world = redriveWorld();
    await world.add(...ids(4).map((id, index) => letter(id, { failedAt: T0 + index })));
    const ended = await world.redrive({ options: { canary: 1 } }, never);
    const canary = await world.failure('m000');
    expect(ended).toMatchObject({ state: 'stopped', counts: { sent: 1 }, canaries: [{ id: canary?.id, result: 'failed' }] });
    expect(ended.because).toBe(`the canary ${canary?.id} failed again: TypeError: no such order`);
    expect(world.consumed.bodies).toHaveLength(1);
    expect(canary?.status).toBe('open');
    expect((await world.failure('m001'))?.redrives).toBe(0);
  });

  test('stop it at their first new failure, before it is a dead letter; failures from before do not count', async () => {
    const world = redriveWorld();
    await world.add(letter('a'), letter('b', { failedAt: T0 + 1 }));
    world.failTimes('a', 3);
    const operator = world.operations('operations/1');
    const order = { where: {}, author: ADA, options: { canary: 1 } };
    const started = await world.timed(operator.start(order, world.world.clock.now() + MINUTE));
    expect(started).toMatchObject({ state: 'canary', canaries: [{ result: 'waiting' }] });
    world.failTimes('a', 4);
    const ended = await world.timed(operator.status(started.id, world.world.clock.now() + MINUTE));
    expect(ended).toMatchObject({ state: 'stopped', because: expect.stringContaining('failed again and is being retried') });
  });

  test('stop it when nothing happens for as long as was given', async () => {
    const world = redriveWorld();
    await world.add(letter('a'), letter('b', { failedAt: T0 + 1 }));
    const operator = world.operations('operations/1');
    const order = { where: {}, author: ADA, options: { canary: 1, canaryWaitMs: 10_000 } };
    const { id } = await world.timed(operator.start(order, world.world.clock.now() + MINUTE));
    await world.timed(operator.goOn(world.world.clock.now() + MINUTE));
    const ended = await world.timed(operator.status(id, world.world.clock.now() + MINUTE));
    expect(ended).toMatchObject({ state: 'stopped', because: expect.stringContaining('was not handled within 10 seconds') });
  });

  test('are chosen anew when a redrive that they stopped is resumed', async () => {
    const world = redriveWorld();
    await world.add(...ids(3).map((id, index) => letter(id, { failedAt: T0 + index })));
    const stopped = await world.redrive({ options: { canary: 1 } }, never);
    const operator = world.operations('operations/2');
    const resumed = await world.timed(operator.resume(stopped.id, world.world.clock.now() + MINUTE));
    expect(resumed).toMatchObject({ state: 'canary', canaries: [{ id: (await world.failure('m001'))?.id, result: 'waiting' }] });
    expect(resumed).not.toHaveProperty('because');
    await world.consume();
    const ended = await world.timed(operator.status(stopped.id, world.world.clock.now() + MINUTE));
    expect(ended).toMatchObject({ state: 'finished', counts: { sent: 3 } });
  });
});

describe('runners', () => {
  test.each([3, 20, 200])('hold %i messages a second within one in a hundred, also when one goes on for another', async (rate) => {
    const world = redriveWorld();
    const count = rate * (rate > 100 ? 5 : 20);
    await world.add(...ids(count).map((id, index) => letter(id, { failedAt: T0 + index })));
    const now = () => world.world.clock.now();
    await world.timed(world.operations('operations/1').start({ where: {}, author: ADA, options: { rate } }, now() + 1));
    for (let runner = 2; runner < 5; runner += 1) await world.timed(world.operations(`operations/${runner}`).goOn(now() + 12_000));
    expect(world.sentAt).toHaveLength(count);
    const [first = 0, last = 0] = [world.sentAt[0], world.sentAt.at(-1)];
    // What goes first, and at once, has taken no time.
    const together = world.sentAt.filter((at) => at === first).length;
    const seconds = (last - first) / 1_000;
    expect((count - together) / seconds / rate).toBeGreaterThan(0.99);
    // A batch and a second's worth may have been earned before.
    expect((count - 10 - rate) / seconds / rate).toBeLessThan(1.01);
  });

  test('never work at one redrive together, and one that is killed leaves it to the next', async () => {
    const world = redriveWorld();
    await world.add(...ids(50).map((id) => letter(id)));
    const one = world.operations('operations/1');
    const { id } = await world.timed(one.start({ where: {}, author: ADA, options: { rate: 1 } }, world.world.clock.now() + 1));
    const [both] = [
      Promise.all([one.goOn(world.world.clock.now() + MINUTE), world.operations('operations/2').goOn(world.world.clock.now() + MINUTE)]),
    ];
    expect((await world.timed(both)).toSorted()).toEqual([0, 1]);
    const sent = world.sentAt.length;
    expect(sent).toBeGreaterThan(55 - 10);
    expect((await world.timed(one.status(id, world.world.clock.now() + MINUTE))).counts.sent).toBe(50);
  });

  test('keep what they have claimed for as long as its rate takes, however many ask how it stands', async () => {
    const world = redriveWorld();
    await world.add(...ids(10).map((id) => letter(id)));
    const now = () => world.world.clock.now();
    const operator = world.operations('operations/1');
    await world.timed(operator.start({ where: {}, author: ADA, options: { canary: 10, rate: 0.2 } }, now() + MINUTE));
    const asking = Array.from({ length: 10 }, async (_, turn) => {
      await sleep(world.world.clock, turn * 10_000);
      await world.operations(`operations/${turn + 2}`).goOn(now() + 3 * MINUTE);
    });
    await world.timed(Promise.all(asking));
    expect(world.sentAt).toHaveLength(10);
    expect((world.sentAt.at(-1) ?? 0) - (world.sentAt[0] ?? 0)).toBeGreaterThan(43_500);
  });

  test('stop when an operator says so, finish what is claimed, and go on when told to', async () => {
    const world = redriveWorld();
    await world.add(...ids(30).map((id) => letter(id)));
    const operator = world.operations('operations/1');
    const started = await world.timed(operator.start({ where: {}, author: ADA, options: { rate: 2 } }, world.world.clock.now() + MINUTE));
    const stopped = await world.timed(operator.stop(started.id, world.world.clock.now() + MINUTE));
    expect(stopped).toMatchObject({ state: 'stopped', because: 'an operator has stopped it' });
    await world.timed(operator.goOn(world.world.clock.now() + MINUTE));
    expect(world.sentAt).toHaveLength(stopped.counts.sent);
    expect((await world.timed(world.failures.list({ status: 'redriving' }))).items).toEqual([]);
    const ended = await world
      .timed(operator.resume(started.id, world.world.clock.now() + MINUTE))
      .then(() => world.redrive({ where: { id: 'none' } }));
    expect(ended.counts.sent).toBe(0);
    await world.timed(operator.goOn(world.world.clock.now() + MINUTE));
    expect((await world.timed(operator.status(started.id, 0))).counts.sent).toBe(30);
    await expect(world.timed(operator.stop(started.id, 0))).rejects.toMatchObject({ code: 'REDRIVE_ENDED' });
    await expect(world.timed(operator.resume(started.id, 0))).rejects.toMatchObject({ code: 'REDRIVE_ENDED' });
    await expect(world.timed(operator.status('r-0', 0))).rejects.toMatchObject({ code: 'REDRIVE_UNKNOWN' });
  });

  test('leave to its end what belongs to a consumer that leaves the stack meanwhile', async () => {
    const world = redriveWorld();
    await world.add(...ids(3).map((id) => letter(id)));
    const operator = world.operations('operations/1', new Map([...CONSUMERS].filter(([name]) => name !== SHIP.name)));
    const ended = await world.timed(operator.start({ where: {}, author: ADA }, world.world.clock.now() + MINUTE));
    expect(ended).toMatchObject({ state: 'finished', counts: { left: 3 }, reasons: { NO_CONSUMER: 3 } });
  });
});
