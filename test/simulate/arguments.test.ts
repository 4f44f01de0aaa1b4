import { describe, expect, test } from 'vitest';
import { HELP, readArguments } from './arguments.ts';
import { EXPERIMENTS } from './experiments.ts';

const ALL = EXPERIMENTS.map(({ name }) => name);
const read = (text: string) => readArguments(text.split(' ').filter(Boolean));

describe('the simulate command', () => {
  test('searches a thousand seeds of every experiment unless it is told otherwise', () => {
    expect(read('--workers 2')).toEqual({
      command: 'search',
      experiments: ALL,
      search: { kind: 'seeds', from: 1, count: 1_000 },
      workers: 2,
      json: false,
    });
  });

  test('takes experiments, seeds, sweeps, plans, and runs without end', () => {
    expect(read('orders poison --seeds 20 --from 7 --json')).toMatchObject({
      experiments: ['orders', 'poison'],
      search: { kind: 'seeds', from: 7, count: 20 },
      json: true,
    });
    expect(read('--sweep 2 --from 3')).toMatchObject({ search: { kind: 'sweep', from: 3, order: 2 } });
    expect(read('--plans 50')).toMatchObject({ search: { kind: 'plans', from: 1, count: 50 } });
    expect(read('--soak')).toMatchObject({ search: { kind: 'seeds', count: Number.POSITIVE_INFINITY } });
    expect(read('--twice 3 --from 9 pair')).toEqual({ command: 'twice', experiments: ['pair'], from: 9, count: 3 });
    expect(read('--replay orders/1/calm/')).toEqual({ command: 'replay', line: 'orders/1/calm/', json: false });
    expect(read('--mutants --workers 1')).toEqual({ command: 'mutants', workers: 1, json: false });
    expect(read('-h')).toEqual({ command: 'help' });
    for (const name of ALL) expect(HELP).toContain(name);
  });

  test.each([
    ['nothing-like-it', 'there is no experiment nothing-like-it; there are orders'],
    ['S8', 'S8 is a scenario, not an experiment: npm test -- test/scenarios -t "S8 " or npm run mutants -- S8'],
    ['--seeds 0', "--seeds is '0'; it takes a whole number, 1 or more"],
    ['--seeds ten', "--seeds is 'ten'"],
    ['--from -1', '--from'],
    ['--from=-1', "--from is '-1'; it takes a whole number, 0 or more"],
    ['--sweep 3', "--sweep is '3'; it takes 1 or 2"],
    ['--sweep 1 --soak', 'exclude each other'],
    ['--workers 1.5', "--workers is '1.5'"],
    ['--fast', "'--fast'"],
  ])('refuses %s and says why', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
