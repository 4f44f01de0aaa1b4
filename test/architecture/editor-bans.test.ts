import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';

const project = join(import.meta.dirname, '../..');
const CDK = 'lint/style/noRestrictedImports';
const PORTS = 'plugin';

const planted: string[] = [];
afterEach(() => {
  for (const folder of planted.splice(0)) rmSync(folder, { recursive: true });
});

interface Finding {
  readonly category: string;
  readonly location: { readonly path: string };
}

/** What the editor underlines in one file, as `file rule`: Biome with the configuration of this repository. */
async function findings(file: string, content: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'posthaste-bans-'));
  planted.push(folder);
  const rules = 'test/architecture/system-ports.grit';
  for (const path of ['biome.json', rules]) cpSync(join(project, path), join(folder, path), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), content);
  const biome = join(project, 'node_modules/.bin/biome');
  const printed = await new Promise<string>((resolve) => {
    execFile(biome, ['lint', '--vcs-enabled=false', '--reporter=json', file], { cwd: folder }, (_error, stdout) => resolve(stdout));
  });
  const { diagnostics } = JSON.parse(printed) as { diagnostics: readonly Finding[] };
  return diagnostics.map(({ category }) => category).filter((category) => category === CDK || category === PORTS);
}

const imports = (what: string) => `${what}\nexport const used = [Duration];\n`;

describe('the editor bans', () => {
  test.each([
    ['the CDK', "import { Duration } from 'aws-cdk-lib';"],
    ['a module of the CDK', "import { Queue as Duration } from 'aws-cdk-lib/aws-sqs';"],
    ['a type of the CDK', "import { type Duration as D } from 'aws-cdk-lib';\nconst Duration = {} as D;"],
    ['constructs', "import { Construct as Duration } from 'constructs';"],
  ])('%s outside of constructs', async (_what, line) => {
    expect(await findings('lib/topic/queue-name.ts', imports(line))).toEqual([CDK]);
    expect(await findings('lambdas/charge-card.ts', imports(line))).toEqual([CDK]);
  });

  test.each(['lib/topic/topic.construct.ts', 'lib/infra/grants.ts', 'lib/app/shop/shop.stack.ts'])('no CDK import in %s', async (file) => {
    expect(await findings(file, imports("import { Duration } from 'aws-cdk-lib';"))).toEqual([]);
  });

  test.each([
    'Date.now()',
    'new Date()',
    'Math.random()',
    'performance.now()',
    'crypto.randomUUID()',
    'setTimeout(() => {}, 1)',
    'setInterval(() => {}, 1)',
    '[Date.now]',
  ])('%s outside of the ports', async (expression) => {
    expect(await findings('lib/outbox/age.ts', `export const found = ${expression};\n`)).toEqual([PORTS]);
  });

  test('no global in the ports themselves, and no formatting of a given time', async () => {
    expect(await findings('lib/core/clock.ts', 'export const now = () => Date.now();\n')).toEqual([]);
    expect(await findings('lib/outbox/age.ts', 'export const text = (at: number) => new Date(at).toISOString();\n')).toEqual([]);
  });
});
