import { expect, test } from 'vitest';
import { parseDevArguments } from '../../lib/cli/dev.arguments.ts';
import { devHelp } from '../../lib/cli/help.ts';

test('without arguments the demo runs at the default port and the stack stays up', () => {
  expect(parseDevArguments([])).toEqual({
    help: false,
    once: false,
    json: false,
    demo: true,
    deploy: true,
    chaos: false,
    debug: false,
    input: undefined,
    port: 4566,
    rate: undefined,
    seed: 1,
  });
});

test('every option is read, in either spelling', () => {
  const argv = ['--once', '--json', '--chaos', '--debug', '--input=events.jsonl', '--port', '0', '--rate', '50', '--seed', '7'];
  expect(parseDevArguments(argv)).toMatchObject({
    once: true,
    json: true,
    chaos: true,
    debug: true,
    input: 'events.jsonl',
    port: 0,
    rate: 50,
    seed: 7,
  });
  expect(parseDevArguments(['-h']).help).toBe(true);
  expect(parseDevArguments(['--no-demo'])).toMatchObject({ demo: false, deploy: true });
});

test('where nothing is deployed no demo can run', () => {
  expect(parseDevArguments(['--no-deploy'])).toMatchObject({ demo: false, deploy: false });
});

test.each([
  [['--onec'], /^there is no option --onec \(did you mean --once\?\)/],
  [['now'], /now/],
  [['--port'], /--port/],
  [['--port', '-1'], /--port/],
  [['--port', '65536'], /--port takes a whole number from 0 to 65535, not "65536"/],
  [['--port', '80a'], /not "80a"/],
  [['--port', ''], /not ""/],
  [['--port', '1e3'], /not "1e3"/],
  [['--rate', '0'], /--rate takes a whole number from 1 to 100000, not "0"/],
  [['--rate', '1.5'], /not "1.5"/],
  [['--seed', '4294967296'], /--seed takes a whole number from 0 to 4294967295/],
  [['--once=yes'], /--once/],
])('%j is refused with a sentence', (argv, sentence) => {
  const refusal = expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringMatching(sentence) });
  expect(() => parseDevArguments(argv)).toThrow(refusal);
  expect(() => parseDevArguments(argv)).toThrow(/see --help$/);
});

test('the help names every option', () => {
  for (const option of ['once', 'json', 'no-demo', 'no-deploy', 'chaos', 'debug', 'input', 'port', 'rate', 'seed', 'help']) {
    expect(devHelp({ demo: true })).toMatch(new RegExp(`^ {2}--${option}\\b`, 'm'));
  }
});

test('the help of an app without a demo offers none of its options', () => {
  const help = devHelp({ demo: false });
  for (const option of ['json', 'no-demo', 'chaos', 'input', 'rate', 'seed']) expect(help).not.toContain(`--${option}`);
  expect(help).toContain('--port');
});
