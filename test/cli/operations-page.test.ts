import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dlqHelp } from '../../lib/cli/dlq/dlq.help.ts';
import { dlqCommand } from '../../lib/cli/dlq/dlq.ts';
import { WHERE_FIELDS } from '../../lib/cli/operator/where.ts';
import { redriveHelp } from '../../lib/cli/redrive/redrive.help.ts';
import { redriveCommand } from '../../lib/cli/redrive/redrive.ts';
import { statusCommand } from '../../lib/cli/status/status.ts';
import { createTailCommand } from '../../lib/cli/tail/tail.ts';
import { commandsOf, PROJECT } from '../docs/code-blocks.ts';

const COMMANDS = { dlq: dlqCommand, redrive: redriveCommand, status: statusCommand, tail: createTailCommand() } as const;
const PAGE = 'docs/operations.md';
const page = readFileSync(join(PROJECT, PAGE), 'utf8');

test('the page of operations names every option of every command, and every field', () => {
  const helps = [dlqHelp(), redriveHelp(), statusCommand.help(), createTailCommand().help()];
  const options = helps.flatMap((help) => [...help.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option = '']) => option));
  expect(new Set(options).size).toBeGreaterThan(20);
  expect(options.filter((option) => !page.includes(`\`${option}`))).toEqual([]);
  expect(WHERE_FIELDS.split(', ').filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
});

/** The words of a shell line without expansions, up to a comment. */
const wordsOf = (line: string): readonly string[] =>
  [...line.replace(/\s# .*/, '').matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );

test.each([
  ...[PAGE, 'README.md'].flatMap(commandsOf).filter((line) => /^npx posthaste (?!dev)/.test(line)),
  ...Object.values(COMMANDS).flatMap((command) =>
    [...command.help().matchAll(/(?:Example:| {9}) (npx posthaste .*)/g)].map(([, line = '']) => line),
  ),
])('%s can be meant', (line) => {
  const [, , name = '', ...argv] = wordsOf(line);
  const command = COMMANDS[name as keyof typeof COMMANDS];
  expect(() => command.parse(argv, Date.UTC(2030, 0, 1))).not.toThrow();
});
