import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { cachedAssembly } from '../e2e/assembly.ts';
import { cli, endAllRuns, startCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'posthaste-cli-'));
// The command finds it synthesized, so that what is measured here is the command.
beforeAll(() => cachedAssembly(), 60_000);
afterEach(endAllRuns);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ESCAPE = '\u001b';

function inputFile(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const push = (login: string) => JSON.stringify({ event: 'push', payload: { sender: { login } } });

describe('the command line', () => {
  test.each([
    [['--help'], 'posthaste <command> --help'],
    [['dev', '--help'], '--once'],
    [['redrive', '--help'], 'npm run posthaste -- redrive --where'],
    [['--version'], '0.1.0\n'],
  ])('%j prints help and exits 0', async (args, text) => {
    const { code, stdout, stderr } = await cli(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(text);
  });

  test.each([
    [['deploy'], 'there is no command "deploy"; see'],
    [['staus'], 'there is no command "staus" (did you mean status?); see posthaste --help'],
    [['dev', '--onec'], 'ARGUMENT_INVALID there is no option --onec (did you mean --once?); see --help'],
    [['dlq', '--where', 'colour=red'], 'ARGUMENT_INVALID --where has no field "colour"'],
    [['status', '--port', '1'], 'ENDPOINT_UNREACHABLE no embedded AWS answers at http://127.0.0.1:1'],
    [['demo', '--port', '1'], 'ENDPOINT_UNREACHABLE no embedded AWS answers at http://127.0.0.1:1'],
  ])('%j exits 2 with a sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await cli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  test('an input path that does not exist is told before anything starts', async () => {
    const path = join(folder, 'nothing-here');
    const { code, stdout, stderr } = await cli(['dev', '--once', '--port', '0', '--input', path]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`INPUT_UNREADABLE the input path "${path}" does not exist`);
    expect(stderr).not.toContain('ready');
  });

  test('a port in use is told with the option that chooses another', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, stdout, stderr } = await cli(['dev', '--once', '--no-demo', '--port', String(port)]);
    server.close();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`PORT_IN_USE .*${port}.*--port`));
  });
});

describe('a run', () => {
  test('of JSON lines, broken ones included, ends with one JSON document and exit 0', async () => {
    const path = inputFile('events.jsonl', [
      push('octocat'),
      '{"event": "push", "payload": {',
      '{"event": "moon_landing", "payload": {}}',
      '{"event": "release", "payload": {"release": "not an object"}}',
      '',
      '{"event": "push", "payload": {"sender": {"login": "🚀 \\ufffe"}}}',
      '{"event": "push", "payload": {"sender": {"login": "\\ud800"}}}',
    ]);
    const { code, stdout, stderr } = await cli(['dev', '--once', '--json', '--port', '0', '--input', path]);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ holds: true, violations: [], deliveries: 6, accepted: 3 });
    expect(report.outside).toMatchObject({ releases: 1, announced: 0, kept: 1, busyCalls: 0, pauses: 0 });
    expect(report.refused.map(({ reason }: { reason: string }) => reason).sort()).toEqual([
      expect.stringMatching(/^events\.jsonl:2: NOT_JSON/),
      expect.stringMatching(/^events\.jsonl:3: EVENT_UNKNOWN/),
      expect.stringMatching(/^events\.jsonl:7: MESSAGE_INVALID/),
    ]);
    expect(report.deadLetters.map(({ consumer }: { consumer: string }) => consumer).sort()).toEqual([
      'announce-release',
      'notify-maintainers',
      'record-audit-trail',
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/ready http:\/\/127\.0\.0\.1:\d+/);
    expect(stderr).not.toContain(ESCAPE);
  });

  test('of a folder prints a report without colour where nobody looks, and without a live line', async () => {
    const payloads = join(folder, 'payloads');
    mkdirSync(join(payloads, 'more'), { recursive: true });
    writeFileSync(join(payloads, 'star.created.json'), '{"action":"created","sender":{"login":"octocat"}}');
    const release = '{"action":"published","release":{"name":"1.0","tag_name":"v1"},"sender":{"login":"octocat"}}';
    writeFileSync(join(payloads, 'release.published.json'), release);
    writeFileSync(join(payloads, 'more', 'push.json'), Buffer.from([0x7b, 0xff, 0x7d]));
    writeFileSync(join(payloads, 'README.txt'), 'not a payload');
    const { code, stdout, stderr } = await cli(['dev', '--once', '--port', '0', '--input', payloads], { FORCE_COLOR: '1' });
    expect(stdout).toContain('2 deliveries committed, 1 refused');
    expect(stdout).toContain('announce-release announced 1 of 1 releases, at most once each; 0 kept as failures\n');
    expect(stdout).toContain('answered 404 to 1 call about releases, until it was mended');
    expect(stdout).toContain('redrive finished; 1 of 1 canaries handled, 1 sent back, 0 already done');
    expect(stdout).toContain('the failure store then holds 1 redriven');
    expect(stdout).toContain('push  more/push.json: NOT_JSON');
    expect(stdout).toContain('The verdict holds');
    expect(`${stdout}${stderr}`).not.toMatch(new RegExp(`[${ESCAPE}\r]`));
    expect(code).toBe(0);
  });

  test('of which nothing was accepted has no verdict, and exits 2', async () => {
    const path = inputFile('broken.jsonl', ['{"event": "push", "payload": {', '{"event": "moon_landing", "payload": {}}']);
    const { code, stdout, stderr } = await cli(['dev', '--once', '--port', '0', '--input', path]);
    expect(stdout).toContain('0 deliveries committed, 2 refused');
    expect(stdout).toMatch(/\nThere is no verdict\.\n$/);
    expect(stderr).toContain('none of 2 deliveries was accepted (2 refused): the run proves nothing');
    expect(code).toBe(2);
  });

  test('without a demo deploys, prints nothing on standard output, and exits 0', async () => {
    const { code, stdout, stderr } = await cli(['dev', '--no-demo', '--once', '--port', '0']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/ready .* resources/);
  });
});

describe('Ctrl-C', () => {
  const refused = async (url: string): Promise<boolean> =>
    fetch(`${url}/_posthaste/health`).then(
      () => false,
      () => true,
    );

  async function interrupt({ child, ended }: ReturnType<typeof startCli>, signal: NodeJS.Signals) {
    const since = performance.now();
    child.kill(signal);
    const { code, stdout } = await ended;
    return { code, stdout, ms: performance.now() - since };
  }

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '(%s) in the middle of a demo ends it promptly with 130, and nothing stays behind',
    async (signal) => {
      const run = startCli(['dev', '--once', '--port', '0', '--rate', '5']);
      const url = (await run.printed(/ready (http:\S+)/))[1] as string;
      expect(await refused(url)).toBe(false);
      const { code, stdout, ms } = await interrupt(run, signal);
      expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
      expect(ms).toBeLessThan(2_000);
      expect(await refused(url)).toBe(true);
    },
  );

  test('while the stack stays up ends it with 0', async () => {
    const path = inputFile('one.jsonl', [push('octocat')]);
    const run = startCli(['dev', '--port', '0', '--input', path]);
    const url = (await run.printed(/stays up at (http:\S+)/))[1] as string;
    expect(await refused(url)).toBe(false);
    const { code, stdout, ms } = await interrupt(run, 'SIGINT');
    expect(stdout).toContain('The verdict holds');
    expect(code).toBe(0);
    expect(ms).toBeLessThan(2_000);
    expect(await refused(url)).toBe(true);
  });
});

test('a demo on an endpoint that is up reports like its own, run after run', async () => {
  const server = startCli(['dev', '--no-demo', '--port', '0']);
  const url = (await server.printed(/stays up at (http:\S+)/))[1] as string;
  const path = inputFile('again.jsonl', [push('octocat'), '{"event": "nonsense", "payload": {}}']);
  for (let round = 0; round < 2; round += 1) {
    const { code, stdout } = await cli(['demo', '--json', '--port', new URL(url).port, '--input', path]);
    expect(JSON.parse(stdout)).toMatchObject({ holds: true, accepted: 1, refused: [{ event: 'nonsense' }] });
    expect(code).toBe(0);
  }
  const nobodys = { action: 'opened', issue: { number: 7 }, repository: { full_name: 'octo/repo' } };
  const other = inputFile('other.jsonl', [JSON.stringify({ event: 'issues', payload: nobodys }), push('hubot')]);
  const { code, stdout } = await cli(['demo', '--json', '--port', new URL(url).port, '--input', other]);
  expect(JSON.parse(stdout)).toMatchObject({ holds: true, accepted: 2, violations: [] });
  expect(code).toBe(0);
  server.child.kill('SIGINT');
  expect((await server.ended).code).toBe(0);
});
