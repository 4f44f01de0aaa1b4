import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PROJECT } from './code-blocks.ts';

/** No command of a page takes longer, however busy the machine. */
const LONGEST_MS = 110_000;

/** A folder in which a reader of the page could be, and a shell in it. */
export interface PageShell {
  readonly folder: string;
  /** Runs lines of the page one after another; gives what they printed to standard output. Exports hold for what follows. */
  run(script: string): Promise<string>;
  /** Starts a command that stays, and resolves with what it printed once it has printed so many lines. */
  start(command: string, lines: number): Promise<string>;
  close(): Promise<void>;
}

/** Makes the folder inside the repository, so that packages are found, with `posthaste` from the sources. */
export function openPageShell(): PageShell {
  const folder = mkdtempSync(join(import.meta.dirname, '.page-'));
  const home = join(folder, '.home');
  const bin = install(folder);
  const env: Record<string, string | undefined> = {
    ...{ HOME: home, TZ: 'UTC', CI: 'true', NO_COLOR: '1', CDK_DISABLE_CLI_TELEMETRY: 'true', AWS_EC2_METADATA_DISABLED: 'true' },
    PATH: [bin, join(PROJECT, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
  };
  const running = new Set<ChildProcess>();
  const exports: string[] = [];

  function shell(script: string): ChildProcess {
    const child = spawn('/bin/sh', ['-c', script], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    child.once('close', () => running.delete(child));
    return child;
  }

  return {
    folder,
    async run(script) {
      const child = shell([...exports, script].join('\n'));
      const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
      const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
      clearTimeout(timer);
      exports.push(...script.split('\n').filter((line) => line.startsWith('export ')));
      return stdout === '' ? stderr : stdout;
    },
    start(command, lines) {
      const child = shell(`exec ${command}`);
      let printed = '';
      return new Promise((resolve, reject) => {
        child.stderr?.on('data', (chunk) => {
          printed += chunk;
          if (printed.split('\n').length > lines) resolve(printed.split('\n').slice(0, lines).join('\n'));
        });
        child.once('close', () => reject(new Error(`${command} ended: ${printed}`)));
      });
    },
    async close() {
      const ended = [...running].map((child) => new Promise((resolve) => child.once('close', resolve)));
      for (const child of running) child.kill('SIGINT');
      await Promise.all(ended);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) text += chunk;
  return text;
}

/** What `npm install` would have done: the package, and its command. `npx` is a word that does nothing more. */
function install(folder: string): string {
  const bin = join(folder, 'node_modules/.bin');
  const posthaste = join(folder, 'node_modules/posthaste');
  mkdirSync(bin, { recursive: true });
  mkdirSync(posthaste);
  mkdirSync(join(folder, '.home'));
  symlinkSync(join(PROJECT, 'lib'), join(posthaste, 'lib'));
  const entries = { '.': './lib/index.ts', './constructs': './lib/constructs.ts' };
  writeFileSync(join(posthaste, 'package.json'), JSON.stringify({ name: 'posthaste', type: 'module', exports: entries }));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'shop', type: 'module' }));
  for (const [name, command] of [
    ['npx', '"$@"'],
    ['posthaste', `"${process.execPath}" "${join(PROJECT, 'lib/cli/bin.ts')}" "$@"`],
  ] as const) {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${command}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}
