import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { synthesize } from '../../lib/cli/synth-cache.ts';

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'posthaste-synth-'));
});
afterEach(() => rmSync(project, { recursive: true }));

const write = (file: string, text: string) => writeFileSync(join(project, file), text);
const synth = () => synthesize({ project, output: join(project, '.posthaste/cdk.out') });

/** An app that leaves what it was given where the CLI told it to. */
const APP = `
import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync(process.env.CDK_OUTDIR, { recursive: true });
writeFileSync(process.env.CDK_OUTDIR + '/context.json', process.env.CDK_CONTEXT_JSON);
`;

describe('synthesizing the app of a folder', () => {
  test('runs it with the context of cdk.json, once for the same sources', async () => {
    write('cdk.json', '{ "app": "node app.mjs", "context": { "shop:size": 2 } }');
    write('app.mjs', APP);
    expect([await synth(), await synth()]).toEqual([{ cached: false }, { cached: true }]);
    const context = JSON.parse(readFileSync(join(project, '.posthaste/cdk.out/context.json'), 'utf8')) as object;
    expect(context).toMatchObject({ 'shop:size': 2, 'aws:cdk:enable-asset-metadata': true });
    write('stack.ts', 'export {};');
    expect(await synth()).toEqual({ cached: false });
  });

  test('fails with what the app printed, and does not take the failure for an assembly', async () => {
    write('cdk.json', '{ "app": "node app.mjs" }');
    write('app.mjs', `${APP}; throw new Error('visibility is 3 s');`);
    await expect(synth()).rejects.toThrow(/visibility is 3 s/);
    await expect(synth()).rejects.toMatchObject({ code: 'SYNTH_FAILED' });
  });

  test.each([
    [undefined, /cdk\.json does not exist/],
    ['{', /cdk\.json is not JSON/],
    ['null', /has no "app"/],
    ['{ "app": 1 }', /has no "app"/],
  ])('refuses a cdk.json of %j, and says what it must have', async (text, problem) => {
    if (text !== undefined) write('cdk.json', text);
    await expect(synth()).rejects.toMatchObject({ code: 'PROJECT_UNREADABLE', message: expect.stringMatching(problem) });
    expect(existsSync(join(project, '.posthaste'))).toBe(false);
  });
});
