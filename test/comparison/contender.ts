import type { SimHandler } from '../../lib/simulation/functions.ts';
import type { SimProcess } from '../../lib/simulation/process.ts';
import type { World } from '../../lib/simulation/world.ts';

/** Where one process of a contender runs. */
export interface Host {
  readonly process: SimProcess;
  readonly world: World;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

/** One way to consume a queue, in code as its own documentation shows it. */
export interface Contender {
  /** As a replay line names it. */
  readonly name: string;
  /** As a table names it. */
  readonly title: string;
  /** Whose code it follows, and what that promises. */
  readonly source: string;
  /** Whether its queue is a FIFO one, each order a group of its own. @default - a standard queue */
  readonly fifo?: boolean;
  /** Makes the handler anew for each process: a crash loses module state. */
  readonly create: (host: Host) => SimHandler;
}
