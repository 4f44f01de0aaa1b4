import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { GITHUB_STACK } from '../../lib/app/github/github.contract.ts';
import { GithubStack } from '../../lib/app/github/github.stack.ts';
import { PROJECT } from './code-blocks.ts';

/** The most that the page promises. */
const MAX_ACKNOWLEDGEMENTS = 15;

interface Resource {
  readonly Metadata?: {
    readonly 'aws:cdk:path'?: string;
    readonly cdk_nag?: { readonly rules_to_suppress: readonly { readonly id: string; readonly reason: string }[] };
  };
}

/** Every acknowledgement of the reference application as `| path | rule | reason |`, from the template that is deployed. */
function acknowledged(): readonly string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'posthaste-security-'));
  try {
    const { context } = JSON.parse(readFileSync(join(PROJECT, 'cdk.json'), 'utf8')) as { readonly context: Record<string, unknown> };
    const app = new App({ outdir, analyticsReporting: false, context: { ...context, 'aws:cdk:enable-path-metadata': true } });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { writeSuppressionsToCloudFormation: true }));
    new GithubStack(app, GITHUB_STACK);
    const { Resources } = app.synth().getStackByName(GITHUB_STACK).template as { readonly Resources: Readonly<Record<string, Resource>> };
    const rows = Object.values(Resources).flatMap(({ Metadata }) =>
      (Metadata?.cdk_nag?.rules_to_suppress ?? []).map(
        // The resources that one construct renders carry the acknowledgement of the construct.
        ({ id, reason }) =>
          `| \`${Metadata?.['aws:cdk:path']?.replace(/(\/(Default)?Policy)?\/Resource$/, '')}\` | ${id.replace(/\[.*/, '')} | ${reason} |`,
      ),
    );
    return [...new Set(rows)].sort();
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

test('the acknowledged findings are those that docs/security.md lists', () => {
  const page = readFileSync(join(PROJECT, 'docs/security.md'), 'utf8');
  const listed = page.split('\n').filter((line) => line.includes('AwsSolutions-'));
  expect(acknowledged()).toEqual(listed.filter((line) => line.startsWith('|')).sort());
  expect(listed.length).toBeGreaterThan(0);
  expect(listed.length).toBeLessThanOrEqual(MAX_ACKNOWLEDGEMENTS);
}, 60_000);
