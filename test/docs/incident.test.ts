import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CodeBlock, codeBlocks, PROJECT } from './code-blocks.ts';
import { openPageShell, type PageShell } from './page-shell.ts';
import { inNamesOf, matches, type Names, withIdsOf } from './page-tokens.ts';

const PAGE = 'docs/tutorial-incident.md';

/** What a look shows becomes true while the machine works; whoever reads the page looks again. */
const LOOK = /^(npx posthaste (status|dlq (show|group|list))|node shipments)/;
const PATIENCE_MS = 20_000;

let shell: PageShell;
let port: number;
beforeAll(async () => {
  shell = openPageShell();
  port = await freePort();
});
afterAll(() => shell.close(), 30_000);

/** The page names the port that everybody has; this machine may have another test on it. */
function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as { port: number };
      server.close(() => resolve(free));
    }),
  );
}

const here = (script: string): string =>
  script.replaceAll('127.0.0.1:4566', `127.0.0.1:${port}`).replace(/npx posthaste \w+/g, (command) => `${command} --port ${port}`);

/** Runs what the page says, and gives what was printed; looks again while that is not what is shown. */
async function runAsWritten(script: string, shown: string | undefined, names: Names): Promise<string> {
  const command = here(withIdsOf(names, script));
  if (command.startsWith('npx posthaste dev')) {
    const printed = await shell.start(command, (shown ?? '').split('\n').length - 1);
    return printed.replaceAll(` --port ${port}`, '').replaceAll(String(port), '4566');
  }
  const giveUp = Date.now() + PATIENCE_MS;
  for (;;) {
    const printed = (await shell.run(command)).replaceAll(` --port ${port}`, '');
    if (shown === undefined || !LOOK.test(script) || matches(shown, printed, new Map(names)) || Date.now() > giveUp) return printed;
    await wait(500);
  }
}

/** Replaces the lines of a file that the difference takes away, with those that it brings. */
function patch(file: string, difference: string): void {
  const side = (mark: string) =>
    difference
      .split('\n')
      .flatMap((line) => (line.startsWith(mark) ? [line.slice(1)] : []))
      .join('\n');
  const text = readFileSync(file, 'utf8');
  expect(text.split(side('-'))).toHaveLength(2);
  writeFileSync(
    file,
    text.replace(side('-'), () => side('+')),
  );
}

/** Follows the page from its beginning to its end, and gives it with what was printed where that is first not what is shown. */
async function follow(blocks: readonly CodeBlock[]): Promise<string> {
  const names: Names = new Map();
  const page = readFileSync(join(PROJECT, PAGE), 'utf8');
  for (const [place, { language, title, code }] of blocks.entries()) {
    if (language === 'diff') patch(join(shell.folder, title ?? ''), code);
    else if (title !== undefined) writeFileSync(join(shell.folder, title), code);
    if (language !== 'sh') continue;
    const next = blocks[place + 1];
    const shown = next?.language === 'text' ? next.code : undefined;
    const printed = await runAsWritten(code.trimEnd(), shown, names);
    if (shown === undefined || matches(shown, printed, names)) continue;
    const block = (text: string) => `${code}\`\`\`\n\n\`\`\`text\n${text}`;
    return page.replace(block(shown), () => block(`${inNamesOf(names, printed.trimEnd())}\n`));
  }
  return page;
}

test('the incident on the page goes as the page tells it, from the deployment of the mistake to each order shipped once', async () => {
  // `vitest -u` writes what is printed into the page.
  await expect(await follow(codeBlocks(PAGE))).toMatchFileSnapshot(join(PROJECT, PAGE));
}, 240_000);
