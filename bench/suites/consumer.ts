import { awsOn, type Child, startChild } from '../child.ts';
import type { WindowResult } from '../consumer/contender.ts';
import { CONTENDERS } from '../consumer/contenders.ts';
import { formatSpread, type Report, type Spread, type Suite, spreadOf, type Target } from '../report.ts';

const BATCH_SIZES = [10, 100] as const;
const WARM_UP_WINDOWS = 6;
const WINDOWS = 9;
const WINDOW_MS = 250;

/** CPU of a consumer's process per message, beside what teams build today. */
export const consumer: Suite = {
  name: 'consumer',
  async run(say) {
    const server = startChild(new URL('../consumer/stub-server.ts', import.meta.url));
    const children = new Map<string, Child>();
    try {
      const { port } = await server.said<{ port: number }>();
      for (const name of Object.keys(CONTENDERS).filter(canRun)) {
        const child = startChild(new URL('../consumer/contender.ts', import.meta.url), {
          args: [name],
          env: { ...awsOn(port), POWERTOOLS_LOG_LEVEL: 'WARN' },
        });
        await child.said();
        children.set(name, child);
      }
      return reportOf(await measure(children, say));
    } finally {
      for (const child of [...children.values(), server]) child.end();
    }
  },
};

/** Loaded by `@aws-lambda-powertools/batch/parser`, which declares it as a peer. */
const PARSER = '@aws-lambda-powertools/parser/helpers';

/** The documented parser of Powertools loads a package of its own, which nothing else here needs. */
function canRun(contender: string): boolean {
  if (contender !== 'powertools') return true;
  try {
    return import.meta.resolve(PARSER) !== '';
  } catch {
    return false;
  }
}

/** Of a contender at a batch size: one figure for each window, in microseconds a message. */
type Figures = ReadonlyMap<string, readonly number[]>;

const cell = (contender: string, batchSize: number) => `${contender} ${batchSize}`;

async function measure(children: ReadonlyMap<string, Child>, say: (text: string) => void): Promise<Figures> {
  const figures = new Map<string, number[]>();
  for (let round = -WARM_UP_WINDOWS; round < WINDOWS; round += 1) {
    say(`consumer: window ${round + WARM_UP_WINDOWS + 1} of ${WARM_UP_WINDOWS + WINDOWS}`);
    // Side by side in every round, so that a noisy neighbour spoils all of them alike.
    for (const batchSize of BATCH_SIZES) {
      for (const [name, child] of children) {
        const { cpuMicros, messages } = await child.ask<WindowResult>({ batchSize, ms: WINDOW_MS });
        if (round < 0) continue;
        const key = cell(name, batchSize);
        figures.set(key, [...(figures.get(key) ?? []), cpuMicros / messages]);
      }
    }
  }
  return figures;
}

function reportOf(figures: Figures): Report {
  const spread = (contender: string, batchSize: number): Spread => spreadOf(figures.get(cell(contender, batchSize)) ?? []);
  const ratio = (contender: string, batchSize: number) => spread(contender, batchSize).median / spread('posthaste', batchSize).median;
  const rows = Object.keys(CONTENDERS)
    .filter(canRun)
    .map((name) => [name, ...BATCH_SIZES.flatMap((size) => [formatSpread(spread(name, size)), `${ratio(name, size).toFixed(1)} ×`])]);
  const target = (contender: string, batchSize: number, least: number): Target => ({
    what: `CPU of ${contender} over ours, batch of ${batchSize}`,
    target: `≥ ${least} ×`,
    measured: `${ratio(contender, batchSize).toFixed(1)} ×`,
    met: ratio(contender, batchSize) >= least,
  });
  return {
    suite: 'consumer',
    title: 'Consumer CPU per message',
    method: `Each contender is a process of its own with the stock AWS SDK; a stub in another process answers over loopback HTTP and keeps nothing. CPU is \`process.cpuUsage()\` of the contender alone, user and system. All contenders take turns in every round: ${WARM_UP_WINDOWS} rounds to warm up, then ${WINDOWS} windows of about ${WINDOW_MS} ms each; cells are min / median / max. The same message (886 bytes), the same zod schema, one business write. Powertools is its documentation's batch processor with parser and idempotency; the row is left out where the package \`@aws-lambda-powertools/parser\` is not installed. Ours includes its metrics.`,
    tables: [
      {
        caption: 'Microseconds of CPU per message, and how many times ours that is (medians):',
        columns: ['contender', ...BATCH_SIZES.flatMap((size) => [`batch of ${size}`, 'of ours'])],
        rows,
      },
    ],
    targets: ['powertools', 'middy + makeIdempotent'].filter(canRun).flatMap((name) => [target(name, 10, 5), target(name, 100, 20)]),
  };
}
