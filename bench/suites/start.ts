import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { formatSpread, type Suite, spreadOf } from '../report.ts';

const RUNS = 9;
const TARGET_MS = 1_000;
const PROJECT = join(import.meta.dirname, '..', '..');

/** From the start of the process to the line that says it is ready, the template synthesized before. */
export const start: Suite = {
  name: 'start',
  async run(say) {
    say('start: synthesizing once');
    await startOnce();
    const ready: number[] = [];
    const bare: number[] = [];
    while (ready.length < RUNS) {
      say(`start: run ${ready.length + 1} of ${RUNS}`);
      bare.push(await bareNode());
      const run = await startOnce();
      // Whoever changes a source meanwhile causes another synth, which is not what is measured.
      if (run.cached) ready.push(run.ms);
    }
    const [own, floor] = [spreadOf(ready), spreadOf(bare)];
    return {
      suite: 'start',
      title: 'From process start to ready',
      method: `\`posthaste dev --once --no-demo --port 0\` on the reference application: wall time from spawning the process to its line “ready”, with the template deployed and every mapping polling. ${RUNS} runs after one that synthesizes and fills the compile cache, in turns with a \`node\` that does nothing.`,
      tables: [
        {
          caption: 'Milliseconds, min / median / max:',
          columns: ['process', 'ms'],
          rows: [
            ['node, nothing else', formatSpread(floor)],
            ['posthaste dev, until ready', formatSpread(own)],
          ],
        },
      ],
      targets: [
        {
          what: 'process start to ready, median',
          target: `≤ ${TARGET_MS} ms`,
          measured: `${own.median.toFixed(0)} ms`,
          met: own.median <= TARGET_MS,
        },
      ],
    };
  },
};

async function startOnce(): Promise<{ readonly ms: number; readonly cached: boolean }> {
  const started = performance.now();
  const args = [join('bin', 'posthaste.ts'), 'dev', '--once', '--no-demo', '--port', '0'];
  const child = spawn(process.execPath, args, { cwd: PROJECT, stdio: ['ignore', 'ignore', 'pipe'] });
  const killer = setTimeout(() => child.kill('SIGKILL'), 120_000);
  let printed = '';
  let ms: number | undefined;
  child.stderr.on('data', (chunk) => {
    printed += chunk;
    if (printed.includes('ready')) ms ??= performance.now() - started;
  });
  await once(child, 'close');
  clearTimeout(killer);
  if (ms === undefined) throw new Error(`posthaste dev did not become ready:\n${printed}`);
  return { ms, cached: printed.includes('synth cached') };
}

async function bareNode(): Promise<number> {
  const started = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'close');
  return performance.now() - started;
}
