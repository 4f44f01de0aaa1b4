import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ReferenceStack } from './fixtures/reference-stack.ts';

/** The most acknowledgements that a stack with every construct may need. */
const MAX_ACKNOWLEDGEMENTS = 15;

let outdir: string;
let template: string;

beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'validated-'));
  const app = new App({
    outdir,
    analyticsReporting: false,
    // Everything that the CDK recommends for new apps, the validation as errors among it.
    context: { ...flags },
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { writeSuppressionsToCloudFormation: true }));
  new ReferenceStack(app, 'orders');
  // Throws at any finding: of the validation built into the CDK, of cdk-nag, and of our own rules.
  const { template: found } = app.synth().getStackByName('orders');
  template = JSON.stringify(found);
}, 120_000);
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

describe('a stack with every construct', () => {
  test('is clean under the validation of aws-cdk-lib as errors and under cdk-nag’s AwsSolutions', () => {
    const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as { pluginReports: readonly unknown[] };
    expect(report.pluginReports).toEqual([]);
  });

  test('needs few acknowledgements, each for one rule and with a reason', () => {
    const resources = Object.values(
      JSON.parse(template).Resources as Record<string, { Type: string; Metadata?: { cdk_nag?: Suppressions } }>,
    );
    // The policy that a role or a bucket brings along carries the acknowledgements of it once more.
    const acknowledging = resources.filter(({ Type }) => !Type.endsWith('Policy'));
    const found = acknowledging.flatMap(({ Metadata }) => Metadata?.cdk_nag?.rules_to_suppress ?? []);
    expect([...new Set(found.map(({ id }) => id.replace(/\[.*/, '')))].sort()).toEqual([
      'AwsSolutions-IAM5',
      'AwsSolutions-S1',
      'AwsSolutions-SQS3',
    ]);
    expect(found.every(({ reason }) => reason.length > 40)).toBe(true);
    expect(found.length).toBeLessThanOrEqual(MAX_ACKNOWLEDGEMENTS);
  });

  test('grants no action by wildcard, and of resources only objects by prefix and the metrics; markers by their consumer', () => {
    const policies = Object.values(
      JSON.parse(template).Resources as Record<string, { Type: string; Properties: { PolicyDocument: unknown } }>,
    )
      .filter(({ Type }) => Type === 'AWS::IAM::Policy')
      .map(({ Properties }) => JSON.stringify(Properties.PolicyDocument));
    expect(policies.length).toBeGreaterThan(5);
    expect(policies.join('\n').match(/"[^"]*\*[^"]*"/g)).toEqual([
      '"/aws/lambda/*"',
      '"/bodies/*"',
      '"*"',
      '"/bodies/*"',
      '"/aws/lambda/*"',
      '"orders/audit-order#*"',
      '"orders/tell-customer#*"',
      '"orders/project-order#*"',
      '"orders/print-label#*"',
    ]);
  });
});

interface Suppressions {
  readonly rules_to_suppress: readonly { readonly id: string; readonly reason: string }[];
}
