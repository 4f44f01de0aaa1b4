import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandsOf, PROJECT, pages } from './code-blocks.ts';

const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** Commands of npm itself, which need no script. */
const OF_NPM = ['ci', 'init', 'install', 'pack', 'pkg'];

/** Programs that the pages name and npm does not know. */
const PROGRAMS = ['aws', 'echo', 'export', 'node', 'npx'];

/** Commands that `npx` finds: this package's own, and those of packages that the pages install. */
const OF_NPX = ['cdk', 'posthaste', 'tsc', 'vitest', 'biome'];

/** Why a command of a page cannot be what it says; undefined for one that can. */
function trouble(command: string): string | undefined {
  const [program = '', first = '', second = ''] = command.split(/\s+/);
  if (program === 'npm')
    return OF_NPM.includes(first) || (first === 'run' ? second : first) in scripts ? undefined : `no script: ${command}`;
  if (program === 'npx') return OF_NPX.includes(first) ? undefined : `no such package: ${command}`;
  return PROGRAMS.includes(program) ? undefined : `no such program: ${command}`;
}

/** Shell lines of a page, and every `npm …` or `npx …` in its text; a comment or an `&&` ends a command. */
function spokenCommands(page: string): readonly string[] {
  const text = readFileSync(join(PROJECT, page), 'utf8');
  const inline = [...text.matchAll(/`((?:npm|npx) [^`\n]+)`/g)].map(([, command = '']) => command);
  return [...commandsOf(page), ...inline].flatMap((line) => line.replace(/\s+#.*$/, '').split(/\s*&&\s*/));
}

describe.each(pages())('%s', (page) => {
  test('names only commands that exist', () => {
    expect(spokenCommands(page).flatMap((command) => trouble(command) ?? [])).toEqual([]);
  });

  test('links only to files that exist', () => {
    const text = readFileSync(join(PROJECT, page), 'utf8');
    const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link));
    expect(links.filter((link) => !existsSync(join(PROJECT, dirname(page), link)))).toEqual([]);
  });
});

test('the checks see a wrong command', () => {
  expect(['npm run no-such-script', 'npx no-such-tool', 'make'].map(trouble)).not.toContain(undefined);
  expect(spokenCommands('README.md')).toEqual(expect.arrayContaining(['npm ci', 'npm start', 'npm test', 'npx cdk deploy']));
});
