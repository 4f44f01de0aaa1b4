import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CodeBlock, codeBlocks, PROJECT, pages } from './code-blocks.ts';
import { PREAMBLES } from './preambles.ts';

const ENTRIES = { posthaste: 'index', 'posthaste/constructs': 'constructs', 'posthaste/testing': 'testing', 'posthaste/local': 'local' };

let folder: string;
beforeAll(() => {
  // Inside the repository, so that packages resolve as they do for a user.
  folder = mkdtempSync(join(import.meta.dirname, '.examples-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const examples = pages()
  .flatMap(codeBlocks)
  .filter(({ language }) => language === 'ts');
/** What a page shows right below the block, before any other. */
const shownBelow = ({ page, line }: CodeBlock): CodeBlock | undefined => {
  const next = codeBlocks(page).find((block) => block.line > line);
  return next?.language === 'text' ? next : undefined;
};
/** A file without output is a module that the next ones import. */
const programs = examples.filter((block) => block.title !== undefined && block.page !== 'README.md' && shownBelow(block));

/** The block as a file of its own, with the package's entries read from the sources. */
function place({ page, line, title, code }: CodeBlock): string {
  const file = join(folder, title === undefined ? `${page.replaceAll(/\W/g, '-')}-${line}.ts` : join(page.replaceAll(/\W/g, '-'), title));
  const preamble = title === undefined ? (PREAMBLES[page] ?? '') : '';
  const entries = join(relative(dirname(file), PROJECT), 'lib');
  const text = `${preamble}${code}\nexport {};\n`.replaceAll(/from '(posthaste[^']*)'/g, (whole, entry: keyof typeof ENTRIES) =>
    ENTRIES[entry] === undefined ? whole : `from '${entries}/${ENTRIES[entry]}.ts'`,
  );
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

describe('the examples of the documentation', () => {
  test('type-check as a user would write them', async () => {
    const files = examples.map(place);
    const settings = { noUnusedLocals: false, noUnusedParameters: false, noPropertyAccessFromIndexSignature: false };
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../../tsconfig.json', compilerOptions: settings, include: [], files }),
    );
    const tsc = promisify(execFile)(join(PROJECT, 'node_modules/.bin/tsc'), ['-p', folder]);
    const printed = await tsc.then(
      () => '',
      ({ stdout }: { stdout: string }) => stdout,
    );
    expect(examples.length).toBeGreaterThan(8);
    expect(printed).toBe('');
  }, 60_000);

  test.each(programs)(
    '$page: $title prints what the page shows',
    async (program) => {
      const shown = shownBelow(program);
      for (const block of examples) if (block.page === program.page && block.title !== undefined) place(block);
      const file = place(program);
      // As its reader runs it: beside it, and by no test runner.
      const options = { cwd: dirname(file), env: { ...process.env, NODE_OPTIONS: '', VITEST: undefined } };
      const { stdout } = await promisify(execFile)(process.execPath, [basename(file)], options);
      expect(stdout).toBe(shown?.code);
    },
    60_000,
  );
});
