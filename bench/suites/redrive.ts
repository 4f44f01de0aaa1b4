import { awsOn, type Child, startChild } from '../child.ts';
import type { HostRequest, Memory, RedriveRequest, RedriveResult, Sent } from '../redrive/redrive.contract.ts';
import { formatSpread, type Report, type Suite, spreadOf, type Target } from '../report.ts';

/** A redrive: so many failures at so many messages a second. */
interface Run {
  readonly failures: number;
  readonly rate: number;
}

/** Share of the rate that counts as held, either way; a short redrive has the burst at its beginning in it, of a tenth of a second. */
const HELD = 0.03;
/** Growth of the heap from a tenth of the failures to the end that counts as none, MiB. */
const CONSTANT_MIB = 16;

/** Short ones, at two rates. */
export const redrive: Suite = suiteOf('redrive', 'A redrive holds its rate', [
  { failures: 2_500, rate: 250 },
  { failures: 5_000, rate: 400 },
]);

/** A long one: what grows with the number of failures shows here. */
export const redriveMany: Suite = {
  ...suiteOf('redrive-many', 'A redrive of 100,000 failures', [{ failures: 100_000, rate: 300 }]),
  onDemand: true,
};

function suiteOf(name: string, title: string, runs: readonly Run[]): Suite {
  return {
    name,
    async run(say) {
      const measured: Measured[] = [];
      for (const run of runs) measured.push(await measure(run, (text) => say(`${name}: ${text}`)));
      return reportOf({ suite: name, title }, measured);
    },
  };
}

interface Measured extends Run {
  readonly sent: Sent;
  readonly result: RedriveResult;
}

async function measure({ failures, rate }: Run, say: (text: string) => void): Promise<Measured> {
  const host = startChild(new URL('../redrive/host.ts', import.meta.url));
  let operations: Child | undefined;
  try {
    const { port } = await host.said<{ port: number }>();
    say(`loading ${failures} failures`);
    await host.ask({ kind: 'load', failures } satisfies HostRequest);
    operations = startChild(new URL('../redrive/operations-process.ts', import.meta.url), { env: awsOn(port) });
    await operations.said();
    say(`${failures} failures at ${rate} a second, ${Math.ceil(failures / rate)} s`);
    const result = await operations.ask<RedriveResult>({ rate, failures } satisfies RedriveRequest);
    const sent = await host.ask<Sent>({ kind: 'sent' } satisfies HostRequest);
    if (sent.messages !== failures || result.sent !== failures) throw new Error(`${sent.messages} messages arrived of ${failures}`);
    return { failures, rate, sent, result };
  } finally {
    operations?.end();
    host.end();
  }
}

/** What came first took no time: the rate is that of the others. */
function achieved({ sent: { messages, first, spanMs } }: Measured): number {
  return ((messages - first) * 1_000) / spanMs;
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
const sizeOf = ({ heap, rss }: Memory): string => `${mib(heap)} / ${mib(rss)}`;

function reportOf({ suite, title }: Pick<Report, 'suite' | 'title'>, measured: readonly Measured[]): Report {
  return {
    suite,
    title,
    method:
      'The embedded AWS in one process, with the failures (886 bytes each, in ten groups) loaded in process beforehand; in another the operations function as its composition root makes it, with the stock SDK over HTTP, asked again and again how its redrive stands, as the command line does, in real time. Messages are counted where they arrive, at the queue, by the second from the first one on; the last second is left out, for it is not over. Memory is that of the redriving process after a collection. No consumer runs beside it.',
    tables: [
      {
        caption: 'Messages that arrived at the queue:',
        columns: ['failures', 'asked, a second', 'achieved', 'of asked', 'by the second, min / median / max'],
        rows: measured.map((run) => [
          run.failures,
          run.rate,
          achieved(run).toFixed(1),
          (achieved(run) / run.rate).toFixed(3),
          formatSpread(spreadOf(run.sent.windows.slice(0, -1))),
        ]),
      },
      {
        caption: 'Memory of the redriving process, heap / resident, MiB:',
        columns: ['failures', 'at 10 %', 'at 50 %', 'at 100 %'],
        rows: measured.map(({ failures, result: { memory } }) => [failures, ...memory.map(sizeOf)]),
      },
    ],
    targets: measured.flatMap(targetsOf),
  };
}

function targetsOf(run: Measured): Target[] {
  const ratio = achieved(run) / run.rate;
  const [early, , late] = run.result.memory;
  const grown = (late.heap - early.heap) / 2 ** 20;
  return [
    {
      what: `${run.failures} failures at ${run.rate} a second: achieved of asked`,
      target: `1 ± ${HELD}`,
      measured: ratio.toFixed(3),
      met: Math.abs(ratio - 1) <= HELD,
    },
    {
      what: `${run.failures} failures: growth of the heap from 10 % to 100 %`,
      target: `≤ ${CONSTANT_MIB} MiB`,
      measured: `${grown.toFixed(1)} MiB`,
      met: grown <= CONSTANT_MIB,
    },
  ];
}
