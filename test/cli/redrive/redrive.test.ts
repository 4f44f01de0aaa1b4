import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { redriveCommand } from '../../../lib/cli/redrive/redrive.ts';
import type { Redrive, RedrivePlan } from '../../../lib/ops/operations.ts';
import { failure, fakeDesk, group, type Script } from '../operator/fake-desk.ts';

const folder = mkdtempSync(join(tmpdir(), 'posthaste-redrive-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOW = Date.UTC(2030, 0, 1);
const SHIP = ['--where', 'consumer=ship-order'];

type Desk = ReturnType<typeof fakeDesk>;
/** Runs it to its end, while time passes. */
async function run(argv: readonly string[], desk: Desk): Promise<number> {
  const ended = redriveCommand.run(redriveCommand.parse(argv, NOW), desk);
  let over = false;
  const done = ended.finally(() => {
    over = true;
  });
  done.catch(() => {});
  while (!over) {
    await desk.clock.run();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return done;
}

const plan = (values: Partial<RedrivePlan> = {}): RedrivePlan => ({
  matching: 40,
  tooOld: 0,
  tooOften: 0,
  mayHaveRun: 0,
  groups: [group()],
  takesSeconds: 4,
  ...values,
});

function redrive(values: Partial<Redrive> = {}): Redrive {
  return {
    id: 'r-1',
    state: 'running',
    who: 'local:ada',
    where: { consumer: 'ship-order' },
    options: { canary: 0, canaryWaitMs: 300_000, rate: 10, renewOld: false, runAgain: false, maxRedrives: 10 },
    startedAt: NOW,
    updatedAt: NOW,
    counts: { sent: 0, alreadyDone: 0, left: 0 },
    reasons: {},
    canaries: [],
    ...values,
  };
}

/** A redrive that is seen in these states, one after the other. */
function seen(...states: readonly Redrive[]): Script {
  const [first = redrive(), ...later] = states;
  return { plan: plan(), redrive: first, 'redrive-status': () => later.shift() ?? first };
}

const finished = redrive({ state: 'finished', counts: { sent: 37, alreadyDone: 3, left: 0 } });

describe('posthaste redrive', () => {
  test('shows the plan, asks, starts, watches, and sums up', async () => {
    const desk = fakeDesk(seen(redrive(), redrive({ counts: { sent: 20, alreadyDone: 0, left: 0 } }), finished), { says: true });
    expect(await run([...SHIP, '--rate', '600/min', '--why', 'fixed in 2'], desk)).toBe(0);
    const options = { rate: 10 };
    expect(desk.asked.slice(0, 2)).toEqual([
      { operation: 'plan', where: { consumer: 'ship-order' }, options },
      { operation: 'redrive', where: { consumer: 'ship-order' }, options, author: { who: 'local:ada', why: 'fixed in 2' } },
    ]);
    expect(desk.asked.slice(2)).toEqual(Array(2).fill({ operation: 'redrive-status', id: 'r-1' }));
    expect(desk.told).toEqual(['send them back?', 'running [------------------------] 0/40 0 sent, 0 already done, 0 left, 4s to go']);
    expect(desk.printed).toContain('40 failures match, about 4s');
    expect(desk.printed.slice(-2)).toEqual(['finished', '37 sent back, 3 already done, 0 left where they are']);
  });

  test('of a slow one says how often something goes', async () => {
    const { options } = redrive();
    const desk = fakeDesk(seen(redrive({ options: { ...options, rate: 0.1 } }), finished), { says: true });
    await run([...SHIP, '--rate', '6/min'], desk);
    expect(desk.told.at(-1)).toMatch(/0\/40 0 sent, 0 already done, 0 left, one every 10s, 7m to go$/);
  });

  test('a dry run only asks for the plan, and says what would stay', async () => {
    const desk = fakeDesk({ plan: plan({ tooOld: 1, tooOften: 2, more: true }) });
    expect(await run([...SHIP, '--dry-run', '--canary', '5'], desk)).toBe(0);
    expect(desk.asked).toEqual([{ operation: 'plan', where: { consumer: 'ship-order' }, options: { canary: 5 } }]);
    expect(desk.printed.slice(-3)).toEqual([
      'more than 40 failures match, 5 canaries first, about 4s',
      expect.stringMatching(/^1 failure would stay, older than the inbox remembers: .* --renew-old/),
      expect.stringMatching(/^2 failures would stay, redriven too often already: --max-redrives/),
    ]);
  });

  describe('of what may have run already', () => {
    const begun = { ...seen(finished), plan: plan({ mayHaveRun: 2 }) };
    const optionsOf = (desk: Desk) => desk.asked.flatMap((request) => (request.operation === 'redrive' ? [request.options] : []));
    const question = '2 failures may have run already: run them once more?';
    const needed =
      '2 failures need consent: a consumer that runs a message at most once has begun with them. Without --run-again, which runs them once more, they stay.';

    test('asks for consent where somebody can be asked, and takes a no for them alone', async () => {
      const desk = fakeDesk(begun, { says: true });
      expect(await run(SHIP, desk)).toBe(0);
      expect([desk.told.slice(0, 2), optionsOf(desk)]).toEqual([[question, 'send them back?'], [{ runAgain: true }]]);
      const without = fakeDesk(begun, { says: (asked) => asked !== question });
      expect(await run(SHIP, without)).toBe(0);
      expect([without.printed, optionsOf(without)]).toEqual([expect.arrayContaining([needed]), [{}]]);
    });

    test('takes --run-again for it, and says what that risks', async () => {
      const desk = fakeDesk(begun);
      expect(await run([...SHIP, '--run-again', '--yes'], desk)).toBe(0);
      expect([desk.told.includes(question), optionsOf(desk)]).toEqual([false, [{ runAgain: true }]]);
      expect(desk.printed).toContainEqual(expect.stringMatching(/^2 failures may run a second time: /));
    });

    test.each([['--yes'], ['--yes', '--renew-old', '--max-redrives', '1000']])('takes nothing else for it: %j', async (...others) => {
      const desk = fakeDesk(begun, { says: true });
      expect(await run([...SHIP, ...others], desk)).toBe(0);
      expect(optionsOf(desk)).toEqual([expect.not.objectContaining({ runAgain: true })]);
      expect([desk.told.includes(question), desk.printed]).toEqual([false, expect.arrayContaining([needed])]);
    });

    test('says that it is needed in a dry run, and beside a document for machines', async () => {
      const dry = fakeDesk(begun, { says: true });
      expect(await run([...SHIP, '--dry-run'], dry)).toBe(0);
      expect([dry.told, dry.printed.at(-1)]).toEqual([[], needed]);
      const json = fakeDesk(begun);
      expect(await run([...SHIP, '--yes', '--json'], json)).toBe(0);
      expect([json.told[0], JSON.parse(json.printed.join('\n'))]).toEqual([needed, finished]);
    });
  });

  describe('that leaves something', () => {
    const left = (reasons: Redrive['reasons'], values: Partial<Redrive> = {}) =>
      redrive({ state: 'finished', counts: { sent: 37, alreadyDone: 1, left: 2 }, reasons, ...values });

    test('ends with 1, says why, and offers what would send it', async () => {
      const desk = fakeDesk(seen(left({ TOO_OLD: 1, MAY_HAVE_RUN: 1 })));
      expect(await run([...SHIP, '--yes'], desk)).toBe(1);
      expect(desk.told.at(-1)).toBe('the exit code is 1, because 2 failures were left');
      expect(desk.printed.slice(-5)).toEqual([
        'finished',
        '37 sent back, 1 already done, 2 left where they are (TOO_OLD 1, MAY_HAVE_RUN 1)',
        'what was left: npx posthaste dlq list --where consumer=ship-order,status=open --port 4567',
        'to run once more what may have run: npx posthaste redrive --where consumer=ship-order,status=open --run-again --port 4567',
        expect.stringMatching(
          /^to send .* forgotten: npx posthaste redrive --where consumer=ship-order,status=open --renew-old --port 4567$/,
        ),
      ]);
    });

    test('offers nothing that it had, and calls the one failure by its id', async () => {
      const { options } = redrive();
      const had = { where: { id: 'a'.repeat(32) }, options: { ...options, runAgain: true } };
      const desk = fakeDesk(seen(left({ MAY_HAVE_RUN: 1, REFUSED: 1 }, had)));
      expect(await run([...SHIP, '--yes'], desk)).toBe(1);
      expect(desk.printed.at(-1)).toBe('what was left: npx posthaste dlq show aaaaaaaaaa --port 4567');
    });
  });

  test.each([
    ['consent', { mayHaveRun: 40 }],
    ['options', { tooOld: 30, tooOften: 10 }],
  ])('does not ask whether to send where nothing would be for want of %s', async (_, lacking) => {
    const desk = fakeDesk({ plan: plan(lacking) }, { says: (asked) => asked === 'send them back?' });
    expect(await run(SHIP, desk)).toBe(1);
    expect(desk.told).not.toContain('send them back?');
    expect([desk.told.at(-1), desk.asked.length]).toEqual(['nothing would be sent back', 1]);
  });

  test('a canary that fails again ends it with 1, by name, and says how to go on', async () => {
    const canaries = [
      { id: 'a0', result: 'done' as const },
      { id: 'b0', result: 'failed' as const },
    ];
    const waiting = canaries.map(({ id }) => ({ id, result: 'waiting' as const }));
    const stopped = redrive({
      state: 'stopped',
      because: 'the canary b0 failed again',
      canaries,
      counts: { sent: 2, alreadyDone: 0, left: 0 },
    });
    const desk = fakeDesk(seen(redrive({ state: 'canary', canaries: waiting }), stopped));
    expect(await run([...SHIP, '--canary', '2', '--canary-wait', '1m', '--yes'], desk)).toBe(1);
    expect(desk.asked[1]).toMatchObject({ options: { canary: 2, canaryWaitMs: 60_000 } });
    expect(desk.told.filter((line) => line.startsWith('canary b0'))).toEqual(['canary b0 waiting', 'canary b0 failed']);
    expect(desk.printed.slice(-4)).toEqual([
      'stopped: the canary b0 failed again',
      '2 sent back, 0 already done, 0 left where they are; 38 not tried',
      'look at it: npx posthaste dlq show b0 --port 4567',
      'to go on: npx posthaste redrive --resume r-1 --port 4567',
    ]);
  });

  test('Ctrl-C stops it, says how to go on, and ends with 130', async () => {
    const desk: Desk = fakeDesk({
      ...seen(redrive()),
      'redrive-status'() {
        desk.interrupt();
        return redrive();
      },
      'stop-redrive': redrive({ state: 'stopped', because: 'somebody stopped it' }),
    });
    expect(await run([...SHIP, '--yes'], desk)).toBe(130);
    expect(desk.asked.at(-1)).toEqual({ operation: 'stop-redrive', id: 'r-1' });
    expect(desk.printed.at(-1)).toBe('to go on: npx posthaste redrive --resume r-1 --port 4567');
  });

  test('Ctrl-C that comes too late to stop it shows how it ended', async () => {
    let asked = 0;
    const desk: Desk = fakeDesk({
      ...seen(redrive()),
      'redrive-status'() {
        asked += 1;
        if (asked === 1) desk.interrupt();
        return asked === 1 ? redrive() : finished;
      },
      'stop-redrive'() {
        throw new Error('there is nothing to stop');
      },
    });
    expect(await run([...SHIP, '--yes'], desk)).toBe(0);
    expect(desk.printed).toContain('finished');
  });

  test('a question that goes unanswered is asked again; after five the redrive goes on without us', async () => {
    let questions = 0;
    const flaky = (answers: number): Script => ({
      ...seen(redrive()),
      'redrive-status'() {
        questions += 1;
        if (questions <= answers) throw new Error('lost');
        return finished;
      },
    });
    expect(await run([...SHIP, '--yes'], fakeDesk(flaky(4)))).toBe(0);
    questions = 0;
    const desk = fakeDesk(flaky(5));
    await expect(run([...SHIP, '--yes'], desk)).rejects.toThrow('lost');
    expect(desk.told.at(-1)).toMatch(/goes on without being watched; to watch it again: npx posthaste redrive --resume r-1 --port 4567$/);
  });

  test('detached it is left to the function', async () => {
    const desk = fakeDesk(seen(redrive()));
    expect(await run([...SHIP, '--yes', '--detach', '--json'], desk)).toBe(0);
    expect(JSON.parse(desk.printed.join(''))).toEqual(redrive());
    expect(desk.asked.map(({ operation }) => operation)).toEqual(['plan', 'redrive']);
  });

  test('for machines it prints one document: the redrive as it ended, or null where nothing matches', async () => {
    const desk = fakeDesk(seen(redrive(), finished));
    expect(await run([...SHIP, '--yes', '--json'], desk)).toBe(0);
    expect(JSON.parse(desk.printed.join('\n'))).toEqual(finished);
    const none = fakeDesk({ plan: plan({ matching: 0, groups: [] }) });
    expect(await run([...SHIP, '--json'], none)).toBe(0);
    expect(none.printed).toEqual(['null']);
  });

  test('nothing is sent without a yes', async () => {
    const desk = fakeDesk(seen(), { says: false });
    expect(await run(SHIP, desk)).toBe(1);
    await expect(run(SHIP, fakeDesk(seen()))).rejects.toThrow(/--yes agrees beforehand/);
    expect(desk.asked.map(({ operation }) => operation)).toEqual(['plan']);
  });

  describe('that stopped', () => {
    const { options } = redrive();
    const halted = redrive({
      state: 'stopped',
      because: 'the canary b0 failed again',
      options: { ...options, canary: 3 },
      canaries: ['done', 'failed', 'done'].map((result, place) => ({ id: `b${place}`, result: result as 'done' | 'failed' })),
      counts: { sent: 3, alreadyDone: 0, left: 2 },
      reasons: { TOO_OLD: 2 },
    });
    const script: Script = { redrives: { redrives: [halted] }, plan: plan({ matching: 12, takesSeconds: 1 }), 'resume-redrive': halted };
    const asked = (desk: Desk) => desk.asked.map(({ operation }) => operation);

    test('shows what is left of it, without what failed again, and goes on when that is agreed to', async () => {
      const desk = fakeDesk(script, { says: true });
      expect(await run(['--resume', 'r'], desk)).toBe(1);
      expect(desk.asked[1]).toEqual({ operation: 'plan', where: { consumer: 'ship-order', until: NOW + 1 }, options: halted.options });
      expect(desk.printed.slice(4, 7)).toEqual([
        'stopped: the canary b0 failed again',
        '3 sent back, 0 already done, 2 left where they are (TOO_OLD 2)',
        '10 failures not tried yet, 1 canary first, about 1s',
      ]);
      expect([desk.told[0], asked(desk)]).toEqual(['go on with it?', ['redrives', 'plan', 'resume-redrive']]);
      expect(desk.printed).toContain('3 sent back, 0 already done, 2 left where they are (TOO_OLD 2); 10 not tried');
    });

    test('is not gone on with without a yes', async () => {
      const desk = fakeDesk(script, { says: false });
      expect(await run(['--resume', 'r'], desk)).toBe(1);
      const alone = fakeDesk(script);
      await expect(run(['--resume', 'r'], alone)).rejects.toThrow(/--yes agrees beforehand/);
      for (const each of [desk, alone]) expect(asked(each)).toEqual(['redrives', 'plan']);
    });

    test('goes on with --yes, or where nothing is left to ask about, and is only watched while it runs', async () => {
      const runs: readonly (readonly [string, Script])[] = [
        ['--yes', script],
        ['--json', { ...script, plan: plan({ matching: 0, groups: [] }) }],
        ['--json', { ...script, redrives: { redrives: [redrive()] }, 'resume-redrive': finished }],
      ];
      for (const [option, each] of runs) {
        const desk = fakeDesk(each);
        await run(['--resume', 'r', option], desk);
        expect(asked(desk).at(-1)).toBe('resume-redrive');
        expect(desk.told).not.toContain('go on with it?');
      }
    });
  });

  test('lists, stops and resumes by the beginning of an id', async () => {
    const redrives = [redrive(), redrive({ id: 'q-2', state: 'stopped', because: 'canary' })];
    const desk = fakeDesk({
      redrives: { redrives },
      plan: plan(),
      'stop-redrive': redrive({ state: 'stopped' }),
      'resume-redrive': finished,
    });
    expect(await run(['--list'], desk)).toBe(0);
    expect(desk.printed[2]).toMatch(/^q-2 {2}stopped {2}2030-01-01T00:00:00Z .* canary$/);
    expect(await run(['--stop', 'r'], desk)).toBe(0);
    expect(await run(['--resume', 'q-2', '--yes'], desk)).toBe(0);
    expect(desk.asked.at(-1)).toEqual({ operation: 'resume-redrive', id: 'q-2' });
    await expect(run(['--stop', 'x'], desk)).rejects.toThrow(/no redrive has an id that begins with "x"/);
    await expect(run(['--stop', ''], desk)).rejects.toThrow(/2 redrives have an id/);
  });

  test.each([
    [[], /say what to send back/],
    [['a', 'b'], /the id of one failure/],
    [['a', ...SHIP], /an id or --where, not both/],
    [['a', '--edit', '--edit-from', 'x'], /not both/],
    [['--list', '--yes'], /--list stands alone; --yes does not go with it/],
    [['--stop', 'r', '--resume', 'r'], /--stop stands alone; --resume/],
    [['--resume', 'r', 'a'], /--resume stands alone; a does not/],
    [['--resume', 'r', '--yes', '--rate', '1'], /--resume stands alone; --rate does not/],
    [['a', '--canary', '101'], /--canary takes a whole number from 0 to 100/],
    [['a', '--canary-wait', '5m'], /goes with --canary/],
    [['--where', 'status=archived'], /^--where status is open or parked for posthaste redrive, not archived/],
    [['a', '--rate', 'fast'], /--rate takes messages per time/],
  ])('%j cannot be meant', (argv, sentence) => {
    expect(() => redriveCommand.parse(argv, NOW)).toThrow(sentence);
  });

  test('the help names every option', () => {
    const options = [
      'where',
      'dry-run',
      'canary',
      'canary-wait',
      'rate',
      'edit',
      'edit-from',
      'renew-old',
      'run-again',
      'max-redrives',
      'why',
      'yes',
    ];
    for (const option of [...options, 'detach', 'list', 'stop', 'resume']) {
      expect(redriveCommand.help()).toMatch(new RegExp(`^ {2}--${option}\\b`, 'm'));
    }
  });
});

describe('an edit', () => {
  const original = failure('a');
  const copy = failure('c', { status: 'open', editOf: original.id });
  const script = (body = '{"id":"1","street":"?"}'): Script => ({
    ...seen(finished),
    list: ({ where = {} }) => ({ failures: where.key === 'many' ? [original, copy] : where.key === 'none' ? [] : [original] }),
    show: { failure: original, body, audits: [] },
    edit: { failure: copy, diff: '' },
  });
  const mend = (text: string) => text.replace('"?"', '"Main St"');

  test('shows the body laid out, the diff, asks, and sends the copy, compact as the original', async () => {
    let shown = '';
    const edits = (text: string) => {
      shown = text;
      return mend(text);
    };
    const desk = fakeDesk(script(), { says: true, edits });
    expect(await run([original.id, '--edit', '--why', 'typo'], desk)).toBe(0);
    expect(shown).toBe('{\n  "id": "1",\n  "street": "?"\n}\n');
    expect(desk.told).toEqual(expect.arrayContaining(['-  "street": "?"', '+  "street": "Main St"', 'put this body in its place?']));
    const author = { who: 'local:ada', why: 'typo' };
    expect(desk.asked).toContainEqual({ operation: 'edit', id: original.id, body: '{"id":"1","street":"Main St"}', author });
    expect(desk.asked.at(-1)).toMatchObject({ operation: 'redrive', where: { id: copy.id, status: 'open' } });
  });

  test('by a file takes its bytes as they are where the original was not compact', async () => {
    const file = join(folder, 'body.json');
    writeFileSync(file, '{ "id": "1", "street": "Main St" }');
    const desk = fakeDesk(script('{ "id": "1" }'));
    expect(await run([original.id, '--edit-from', file, '--yes'], desk)).toBe(0);
    expect(desk.asked).toContainEqual(expect.objectContaining({ operation: 'edit', body: '{ "id": "1", "street": "Main St" }' }));
  });

  test('that changes nothing, or is not agreed to, sends nothing', async () => {
    const same = fakeDesk(script(), { says: true, edits: (text) => text });
    expect(await run([original.id, '--edit'], same)).toBe(1);
    expect(same.told).toEqual(['the body is as it was; nothing was changed']);
    const refused = fakeDesk(script(), { says: false, edits: mend });
    expect(await run([original.id, '--edit'], refused)).toBe(1);
    for (const desk of [same, refused]) expect(desk.asked.map(({ operation }) => operation)).not.toContain('edit');
  });

  test.each([
    ['not JSON', /the new body is no JSON object/],
    ['{"id":"2","street":"?"}', /the new body has the id "2" and the message "1"/],
  ])('of a dry run too is refused before anything is shown: %s', async (text, sentence) => {
    const file = join(folder, 'refused.json');
    writeFileSync(file, text);
    const desk = fakeDesk(script());
    await expect(run([original.id, '--edit-from', file, '--dry-run'], desk)).rejects.toMatchObject({
      code: 'EDIT_REFUSED',
      message: expect.stringMatching(sentence),
    });
    expect([...desk.printed, ...desk.told]).toEqual([]);
  });

  test.each([
    [['--where', 'key=many', '--edit'], /more than 1 failure match/],
    [['--where', 'key=none', '--edit'], /none matches/],
    [[original.id, '--edit'], /no terminal to edit on: --edit-from/],
    [[original.id, '--edit-from', '/nowhere'], /cannot read "\/nowhere" \(ENOENT\)/],
  ])('%j is refused', async (argv, sentence) => {
    await expect(run(argv, fakeDesk(script()))).rejects.toThrow(sentence);
  });
});
