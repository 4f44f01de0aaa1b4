import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { bundleHandlers } from '../../lib/constructs.ts';
import { formatSpread, type Suite, spreadOf } from '../report.ts';

const RUNS = 11;
const LAMBDAS = join(import.meta.dirname, '..', '..', 'lambdas');

/** What each deployed handler weighs, and how long its module takes to load. */
export const bundles: Suite = {
  name: 'bundles',
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'posthaste-bench-'));
    try {
      const handlers = await writeBundles(folder);
      const init = new Map<string, number[]>(handlers.map(({ name }) => [name, []]));
      for (let run = 1; run <= RUNS; run += 1) {
        say(`bundles: run ${run} of ${RUNS}`);
        for (const handler of handlers) init.get(handler.name)?.push(await initMs(handler));
      }
      return {
        suite: 'bundles',
        title: 'Bundles',
        method: `Each handler as \`cdk deploy\` uploads it: one file, minified, the AWS SDK included. Init is the import of that file in a fresh process, clients and definitions made, without the start of Node itself; ${RUNS} runs each, in turns.`,
        tables: [
          {
            caption: 'Per deployed handler:',
            columns: ['handler', 'bytes', 'gzipped', 'init ms, min / median / max'],
            rows: handlers.map(({ name, bytes, gzipped }) => [name, bytes, gzipped, formatSpread(spreadOf(init.get(name) ?? []))]),
          },
        ],
        targets: [],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

interface Bundle {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly gzipped: number;
}

async function writeBundles(folder: string): Promise<readonly Bundle[]> {
  const entries = (await readdir(LAMBDAS)).filter((file) => file.endsWith('.ts')).sort();
  const run = bundleHandlers(entries.map((file) => join(LAMBDAS, file)));
  return Promise.all(
    [...run.bundles].map(async ([entry, { files }]) => {
      const name = basename(entry, '.ts');
      const code = files.get('index.mjs') ?? new Uint8Array();
      const file = join(folder, name, 'index.mjs');
      await mkdir(join(folder, name));
      await writeFile(file, code);
      return { name, file, bytes: code.byteLength, gzipped: gzipSync(code).byteLength };
    }),
  );
}

const MEASURE = 'const t = performance.now(); await import(process.argv[1]); console.error(performance.now() - t); process.exit(0)';

/** Whatever a handler asks of its environment is there. */
const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  POSTHASTE_OUTBOX_TABLE: 'outbox',
  POSTHASTE_INBOX_TABLE: 'inbox',
  POSTHASTE_SOURCE: 'urn:posthaste:bench',
  POSTHASTE_DESTINATIONS: '{}',
  POSTHASTE_SWEEP_AFTER_SECONDS: '60',
  POSTHASTE_QUEUE_URL: 'http://127.0.0.1:1/000000000000/bench',
  POSTHASTE_DLQ_URL: 'http://127.0.0.1:1/000000000000/bench-dlq',
  POSTHASTE_TOPOLOGY: '/posthaste/bench',
  POSTHASTE_STACK: 'bench',
  POSTHASTE_FAILURES_TABLE: 'failures',
  POSTHASTE_FAILURES_BUCKET: 'failures',
  POSTHASTE_FAILURES_BUCKET_OWNER: '000000000000',
  GITHUB_WEBHOOK_SECRET_PARAMETER: '/bench',
  GITHUB_NOTIFY_URL: 'http://127.0.0.1:1',
  GITHUB_ANNOUNCE_URL: 'http://127.0.0.1:1',
  GITHUB_AUDIT_TABLE: 'audit',
  GITHUB_ACTIVITY_TABLE: 'activity',
  GITHUB_WELCOME_TABLE: 'welcome',
};

/** What a consumer that may pause asks for besides; any other one with it does not start. */
const PAUSING_ENVIRONMENT = {
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  POSTHASTE_PAUSED_QUEUE: 'arn:aws:sqs:us-east-1:000000000000:bench',
  POSTHASTE_RESUME_SCHEDULE: 'bench-resume',
  POSTHASTE_RESUME_ROLE: 'arn:aws:iam::000000000000:role/bench',
};

async function initMs({ name, file }: Bundle): Promise<number> {
  const env = { ...process.env, ...ENVIRONMENT, ...(name === 'notify-maintainers' && PAUSING_ENVIRONMENT) };
  const args = ['--input-type=module', '-e', MEASURE, file];
  const { stderr } = await promisify(execFile)(process.execPath, args, { env });
  const ms = Number(stderr.trim().split('\n').at(-1));
  if (!Number.isFinite(ms)) throw new Error(`${file} does not load: ${stderr}`);
  return ms;
}
