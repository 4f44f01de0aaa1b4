import { describe, expect, test } from 'vitest';
import { ADA, letter, redriveWorld } from './redrive-world.ts';

const ids = (count: number) => Array.from({ length: count }, (_, index) => `m${String(index).padStart(3, '0')}`);

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

  test('sends hundreds in batches of ten', async () => {
    const world = redriveWorld();
    await world.add(...ids(95).map((id) => letter(id)));
    const ended = await world.redrive({ options: { rate: 100 } });
    expect(ended).toMatchObject({ state: 'finished', counts: { sent: 95, alreadyDone: 0, left: 0 } });
    expect([...world.consumed.effects].sort()).toEqual(ids(95));
  });
});
