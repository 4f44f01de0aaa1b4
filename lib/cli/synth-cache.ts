import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PosthasteError } from '../core/errors.ts';

/** The CDK app could not be synthesized; the message carries what it printed. */
export class SynthFailedError extends PosthasteError {
  constructor(command: string, output: string) {
    super(`the CDK app failed to synthesize (${command}):\n${output.trimEnd()}`, { code: 'SYNTH_FAILED' });
  }
}

/** The folder is not that of a CDK app. */
export class ProjectUnreadableError extends PosthasteError {
  constructor(project: string, problem: string) {
    super(
      `${join(project, 'cdk.json')} ${problem}; run this in the folder of a CDK app, whose cdk.json names it: { "app": "node app.ts" }`,
      {
        code: 'PROJECT_UNREADABLE',
      },
    );
  }
}

/** What to synthesize, and where to. */
export interface SynthOptions {
  /** The project: the folder of cdk.json. */
  readonly project: string;
  /** The cloud assembly's folder. */
  readonly output: string;
  /** Told once when a synth is needed, because it takes seconds. */
  readonly onSynth?: () => void;
}

/** Folders that hold no source of the app. */
const NOT_SOURCE = new Set(['node_modules', 'cdk.out', 'dist', 'docs', 'test', 'bench', 'coverage']);

/** The name of the file that says which sources an assembly was made from. */
const MARK = 'posthaste-sources.sha256';

/**
 * Synthesizes the app of `cdk.json` unless the assembly was made from the very same sources: synth takes seconds, hashing milliseconds.
 * Runs the app as the CDK CLI does, with the same context, so that the template is the one `cdk deploy` uploads.
 */
export async function synthesize({ project, output, onSynth }: SynthOptions): Promise<{ readonly cached: boolean }> {
  const app = await readProject(project);
  const mark = join(output, MARK);
  const digest = await sourcesDigest(project);
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === digest) return { cached: true };
  onSynth?.();
  // Beside the old assembly, which functions of a running endpoint may still be loading from, then in its place at once.
  const fresh = `${output}.${process.pid}`;
  try {
    await runApp(app, { project, output: fresh });
    await writeFile(join(fresh, MARK), digest);
    await rm(output, { recursive: true, force: true });
    await rename(fresh, output);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return { cached: false };
}

async function sourcesDigest(project: string): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  const files = await sourceFiles(project);
  const contents = await Promise.all(files.map((file) => readFile(file)));
  files.forEach((file, index) => {
    hash.update(`${file.slice(project.length)}\0`).update(contents[index] ?? '');
  });
  return hash.digest('hex');
}

async function sourceFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = await Promise.all(
    entries
      .filter((entry) => !entry.name.startsWith('.') && !NOT_SOURCE.has(entry.name))
      .map((entry) => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return sourceFiles(path);
        return entry.isFile() && /\.(ts|js|mjs|cjs|json)$/.test(entry.name) ? [path] : [];
      }),
  );
  return nested.flat().sort();
}

/** What cdk.json says. */
interface CdkApp {
  readonly app: string;
  readonly context?: object;
}

async function readProject(project: string): Promise<CdkApp> {
  const text = await readFile(join(project, 'cdk.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ProjectUnreadableError(project, error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`);
  });
  try {
    const read = JSON.parse(text) as { readonly app?: unknown; readonly context?: object } | null;
    if (typeof read?.app === 'string') return { ...read, app: read.app };
  } catch {
    throw new ProjectUnreadableError(project, 'is not JSON');
  }
  throw new ProjectUnreadableError(project, 'has no "app", the command that makes the stacks');
}

async function runApp({ app, context }: CdkApp, { project, output }: Pick<SynthOptions, 'project' | 'output'>): Promise<void> {
  const flags = { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true };
  const env = { ...process.env, CDK_OUTDIR: output, CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...flags }) };
  const child = spawn(app, { cwd: project, env, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  child.stdout.on('data', (chunk) => (printed += chunk));
  child.stderr.on('data', (chunk) => (printed += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new SynthFailedError(app, printed);
}
