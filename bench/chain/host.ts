/**
 * The embedded AWS with the benchmark's stack, in a process of its own: the load comes over HTTP from another, as an application's would.
 */
import { startLocalAws } from '../../lib/local.ts';
import { CHAIN } from './chain.contract.ts';

/** What the parent may ask. */
export type HostRequest = { readonly kind: 'processed' | 'effects' | 'latencies' | 'statistics' };

/** What was deployed, and where. */
export interface HostReady {
  readonly endpoint: string;
  readonly outboxTable: string;
}

/** Rows that the consumers have written. */
export interface Effects {
  readonly shipped: number;
  readonly billed: number;
}

const local = await startLocalAws({ port: 0 });
await local.deploy(process.argv[2] ?? '');
const tableOf = (name: string) => local.output(CHAIN.stack, name);

const metric = (wanted: string) => local.statistics().metrics.filter(({ name }) => name === wanted);

const answers = {
  /** What both consumers say they have handled; cheap to ask. */
  processed: () => metric('MessagesProcessed').reduce((total, { sum }) => total + sum, 0),
  /** What is in their tables. */
  effects: (): Effects => ({
    shipped: local.scan(tableOf(CHAIN.shipmentsTable)).length,
    billed: local.scan(tableOf(CHAIN.invoicesTable)).length,
  }),
  /** From the commit of a message to the end of its handling, in the order in which they ended. */
  latencies: () => metric('MessageLatency').map(({ values }) => values),
  statistics: () => local.statistics(),
};

process.on('message', ({ kind }: HostRequest) => process.send?.(answers[kind]()));
process.once('disconnect', () => process.exit(0));
process.send?.({ endpoint: local.endpoint, outboxTable: tableOf(CHAIN.outboxTable) } satisfies HostReady);
