import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeBlocks, commandsOf, fileOf, PROJECT } from '../docs/code-blocks.ts';
import { type LockedPackage, lockFor } from './shop-lock.ts';

/** Installing the CDK and booting an AWS take seconds on a machine that does nothing else; the limit is for one that does. */
const PATIENCE_MS = 240_000;

const own = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as LockedPackage & {
  readonly name: string;
  readonly devDependencies: Readonly<Record<string, string>>;
};

let folder: string;
let shop: string;
const tarball = () => join(folder, `${own.name}-${own.version}.tgz`);

/** Runs a program with this Node.js first on the path, and gives what it printed; throws with all of it when it fails. */
async function run(program: string, args: readonly string[], cwd = shop): Promise<string> {
  const env = { ...process.env, PATH: [join(PROJECT, 'node_modules/.bin'), process.env['PATH']].join(delimiter), NODE_OPTIONS: '' };
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd, env, timeout: PATIENCE_MS, maxBuffer: 16 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** What the README's `npm install` lines name. */
function installedPackages(): readonly string[] {
  const lines = commandsOf('README.md').filter((line) => line.startsWith('npm install'));
  return lines.flatMap((line) => line.split(' ').slice(2)).filter((word) => !word.startsWith('-'));
}

/** What those lines leave in a package.json, at the versions of this repository. The CDK's CLI is the repository's own. */
function manifestOfShop(): LockedPackage {
  const names = installedPackages().filter((name) => !name.startsWith('aws-cdk@'));
  const versions = names.map((name) => [name, name === own.name ? `file:${tarball()}` : own.devDependencies[name]]);
  return { name: 'shop', version: '1.0.0', type: 'module', dependencies: Object.fromEntries(versions) };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'posthaste-package-'));
  shop = mkdtempSync(join(folder, 'shop-'));
  await run('npm', ['pack', '--pack-destination', folder], PROJECT);
  const manifest = manifestOfShop();
  writeFileSync(join(shop, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(shop, 'package-lock.json'), JSON.stringify(lockFor(manifest, own, tarball())));
  await run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']);
  for (const file of ['messages.ts', 'ship-order.ts', 'stack.ts', 'app.ts', 'place-order.ts']) {
    writeFileSync(join(shop, file), fileOf('README.md', file));
  }
  writeFileSync(join(shop, 'cdk.json'), '{ "app": "node app.ts" }\n');
}, PATIENCE_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }), PATIENCE_MS);

describe('the packed package', () => {
  test('has nothing that publint minds', async () => {
    const { messages, pkg } = await publint({ pkgDir: join(shop, 'node_modules', own.name), pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg ?? {}, { color: false }))).toEqual([]);
  });

  test('holds the library with its declarations, and neither its sources, tests nor reference applications', () => {
    const files = readdirSync(join(shop, 'node_modules', own.name), { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(expect.arrayContaining(['dist/lib/index.js', 'dist/lib/index.d.ts', 'README.md', 'LICENSE', 'CHANGELOG.md']));
    expect(files.filter((file) => /lib\/app|^test|^bench|\.test\.|(?<!\.d)\.ts$/.test(file))).toEqual([]);
  });
});

test('brings every handler that its constructs deploy', () => {
  const own = readdirSync(join(PROJECT, 'lambdas')).filter((file) => /^(outbox-|failure-|operations)/.test(file));
  expect(own).toHaveLength(4);
  const shipped = readdirSync(join(shop, 'node_modules/posthaste/dist/lambdas'));
  expect(shipped).toEqual(expect.arrayContaining(own.map((file) => file.replace(/ts$/, 'js'))));
});

describe('the recipe of the README, followed in an empty folder', () => {
  test('is four short files', () => {
    const lines = ['messages.ts', 'ship-order.ts', 'stack.ts', 'app.ts'].map((file) => fileOf('README.md', file).split('\n').length);
    expect(Math.max(...lines)).toBeLessThanOrEqual(30);
    const preparations = ['npm init --yes && npm pkg set type=module', `echo '{ "app": "node app.ts" }' > cdk.json`];
    expect(commandsOf('README.md')).toEqual(expect.arrayContaining(preparations));
    expect(installedPackages()).toContain(`aws-cdk@${own.devDependencies['aws-cdk']}`);
  });

  test('type-checks, and refuses data of another shape', async () => {
    writeFileSync(join(shop, 'tsconfig.json'), fileOf('README.md', 'tsconfig.json'));
    const tsc = join(shop, 'node_modules/typescript/bin/tsc');
    expect(await run(process.execPath, [tsc])).toBe('');

    const wrong = fileOf('README.md', 'place-order.ts').replace("customer: 'ada', parcels: 2", "customer: 'ada', parcels: 'two'");
    writeFileSync(join(shop, 'wrong.ts'), wrong);
    await expect(run(process.execPath, [tsc])).rejects.toThrow(/wrong\.ts\(\d+,\d+\): error TS2322: Type 'string' is not assignable/);
    rmSync(join(shop, 'wrong.ts'));
  }, 60_000);

  test('synthesizes, and runs on the embedded AWS as the README shows', async () => {
    await run('cdk', ['synth', '--quiet']);
    expect(await run(process.execPath, ['place-order.ts'])).toBe(shownIn('README.md'));
  }, 120_000);

  test('ends with what a function complains of where its code lacks what the stack deployed', async () => {
    const withRule = fileOf('README.md', 'stack.ts')
      .replace('handles: [OrderPlaced],', '$& errors: [errorRule(TypeError, pause(60_000))],')
      .replace('import { OrderPlaced }', "import { errorRule, pause } from 'posthaste';\n$&");
    writeFileSync(join(shop, 'stack.ts'), withRule);
    await run('cdk', ['synth', '--quiet', '--output', 'lacking.out']);
    writeFileSync(join(shop, 'stack.ts'), fileOf('README.md', 'stack.ts'));
    const impatient = fileOf('README.md', 'place-order.ts').replace("'cdk.out'", "'lacking.out'").replace('20_000', '5_000');
    writeFileSync(join(shop, 'impatient.ts'), impatient);
    const said = /shop-ship-order: .*consumer 'ship-order' was deployed with other error rules than its code has[\s\S]*nothing was shipped/;
    await expect(run(process.execPath, ['impatient.ts'])).rejects.toThrow(said);
  }, 120_000);

  test('has its effect once when the queue delivers a message twice', async () => {
    writeFileSync(join(shop, 'deliver-twice.ts'), DELIVER_TWICE);
    expect(await run(process.execPath, ['deliver-twice.ts'])).toBe('[{"customer":{"S":"ada"},"parcels":{"N":"2"}}]\n');
  }, 60_000);

  test.each(['given-when-then.ts', 'exactly-once.ts'])(
    'runs %s in the simulator as the page about testing shows',
    async (program) => {
      writeFileSync(join(shop, program), fileOf('docs/testing.md', program));
      expect(await run(process.execPath, [program])).toBe(shownIn('docs/testing.md', program));
    },
    60_000,
  );

  test('is deployed by the command that the package installs', async () => {
    const posthaste = join(shop, 'node_modules/.bin/posthaste');
    await expect(run(posthaste, ['dev', '--once', '--port', '0'])).resolves.toBe('');
    expect(readdirSync(join(shop, '.posthaste/cdk.out'))).toContain('shop.template.json');
  }, 120_000);

  test('takes a failure store by one more line, and its functions are deployed', async () => {
    const stack = fileOf('README.md', 'stack.ts');
    const withStore = stack
      .replace(/import \{ ([^}]+) \} from 'posthaste\/constructs';/, "import { $1, FailureStore } from 'posthaste/constructs';")
      .replace(/(\n +)(new Consumer|const \w+ = new Consumer)/, "$1new FailureStore(this, 'failures');$1$2");
    expect(withStore).toContain("new FailureStore(this, 'failures');");
    writeFileSync(join(shop, 'stack.ts'), withStore);
    await run(join(shop, 'node_modules/.bin/posthaste'), ['dev', '--once', '--port', '0']);
    expect(readFileSync(join(shop, '.posthaste/cdk.out/shop.template.json'), 'utf8')).toContain('"FunctionName": "shop-operations"');
  }, 120_000);
});

/** What a page says that a program of it prints: the first output behind it. */
function shownIn(page: string, program?: string): string | undefined {
  const blocks = codeBlocks(page);
  const from = program === undefined ? 0 : blocks.findIndex(({ title }) => title === program);
  return blocks.slice(from).find(({ language }) => language === 'text')?.code;
}

const DELIVER_TWICE = `
import { encodeEnvelope } from 'posthaste';
import { DEVELOPER, startLocalAws } from 'posthaste/local';

const local = await startLocalAws({ port: 0 });
await local.deploy('cdk.out');
const sqs = (action: string, input: Record<string, unknown>) => local.aws.call({ service: 'sqs', action, input, caller: DEVELOPER });

const { QueueUrls } = (await sqs('ListQueues', {})) as { QueueUrls: string[] };
const QueueUrl = QueueUrls.find((url) => url.endsWith('/shop-ship-order'));
const MessageBody = encodeEnvelope({
  id: 'order-1', type: 'orders.order-placed', version: 1, source: 'urn:posthaste:shop', time: new Date().toISOString(),
  correlationId: 'order-1', hops: 0, data: { customer: 'ada', parcels: 2 },
});
for (const _delivery of ['first', 'second']) await sqs('SendMessage', { QueueUrl, MessageBody });

const shipments = local.output('shop', 'ShipmentsTable');
do await new Promise((resolve) => setTimeout(resolve, 50));
while (local.moving() > 0);
console.log(JSON.stringify(local.scan(shipments)));
await local.close();
`;
