import { describe, expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { lossyClient } from '../../lib/simulation/contracts/lossy-client.ts';
import { type CaseDefinition, type ContractWorld, casesFor, declared, runContract } from '../../lib/simulation/contracts/suite.ts';
import { virtualTime } from '../../lib/simulation/contracts/time.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';

type Case = CaseDefinition<'fast' | 'loud', ContractWorld>;

const virtual = () => virtualTime(createVirtualClock(createRng(1)));

describe('a suite', () => {
  test('lists what an adapter does not declare as skipped, with the reason, and does not open it', async () => {
    let opened = 0;
    const definitions: Case[] = [
      { name: 'it works', run: () => Promise.resolve() },
      { name: 'it is fast and loud', requires: ['fast', 'loud'], run: () => Promise.reject(new Error('never run')) },
    ];
    const open = () => {
      opened += 1;
      return {};
    };
    const cases = casesFor(definitions, { features: ['fast'], open });
    expect(cases[1]).toMatchObject({
      name: 'it is fast and loud (skipped: the adapter does not declare loud)',
      skipped: 'the adapter does not declare loud',
    });
    await cases[1]?.run();
    expect(opened).toBe(0);
    expect(await runContract(cases)).toEqual({ passed: ['it works'], failed: [], skipped: [cases[1]?.name] });
    expect(opened).toBe(1);
  });

  test('opens an adapter for each case, and closes it whatever became of the case', async () => {
    const closed: number[] = [];
    let opened = 0;
    const open = () => {
      opened += 1;
      const number = opened;
      return { close: () => void closed.push(number) };
    };
    const definitions: Case[] = [
      { name: 'it fails', run: () => Promise.reject(new Error('broken')) },
      { name: 'it works', run: () => Promise.resolve() },
    ];
    const { failed } = await runContract(casesFor(definitions, { features: [], open }));
    expect(failed).toEqual([{ name: 'it fails', error: new Error('broken') }]);
    expect(closed).toEqual([1, 2]);
  });

  test('names what an adapter declares and does not bring along', () => {
    expect(() => declared(undefined, 'lostAnswers', 'loseNextAnswer')).toThrow(
      'declares lostAnswers, but its instance has no loseNextAnswer',
    );
  });
});

describe('virtual time', () => {
  test('wakes a case on the millisecond, after weeks that take no time', async () => {
    const { clock, wait, drive } = virtual();
    const start = clock.now();
    const month = 30 * 86_400_000;
    const waited = drive(
      (async () => {
        await wait(month);
        const first = clock.now() - start;
        await Promise.all([wait(5), wait(1)]);
        return [first, clock.now() - start];
      })(),
    );
    expect(await waited).toEqual([month, month + 5]);
  });

  test('lets the timers of an adapter fire while the case waits for it', async () => {
    const { clock, drive } = virtual();
    expect(await drive(new Promise((resolve) => clock.after(250, () => resolve('answered'))))).toBe('answered');
  });

  test('says that a case is stuck when nothing is left to happen', async () => {
    await expect(virtual().drive(new Promise(() => {}))).rejects.toThrow('waits for something that never happens');
  });

  test('says that a case is stuck when only timers that lead nowhere are left', async () => {
    const { clock, drive } = virtual();
    const tick = () => void clock.after(5_000, tick);
    tick();
    await expect(drive(new Promise(() => {}))).rejects.toThrow('waits for something that never happens');
  });

  test('fails as the case fails', async () => {
    await expect(virtual().drive(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });
});

describe('a lossy client', () => {
  class PutItemCommand {}
  class GetItemCommand {}

  test('loses the answer to one write, after its effect, and to no read', async () => {
    const sent: object[] = [];
    const { client, loseNextAnswer } = lossyClient({ send: async (command: object) => sent.push(command) });
    loseNextAnswer();
    await client.send(new GetItemCommand());
    await expect(client.send(new PutItemCommand())).rejects.toMatchObject({ name: 'TimeoutError' });
    await client.send(new PutItemCommand());
    expect(sent).toHaveLength(3);
  });
});
