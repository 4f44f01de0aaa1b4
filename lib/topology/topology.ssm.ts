import { GetParametersByPathCommand, type GetParametersByPathCommandOutput } from '@aws-sdk/client-ssm';
import type { Clock } from '../core/clock.ts';
import { PosthasteError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import { retry } from '../retry/retry.ts';
import type { TopologyEntry } from './topology.contract.ts';
import type { Topology } from './topology.ts';

/** What reading the topology takes. */
export interface TopologyOptions {
  /** A Systems Manager client with `maxAttempts: 1`: the retries are ours. */
  readonly client: {
    // biome-ignore lint/suspicious/noExplicitAny: the SDK's `send` is overloaded per command; a structural client answers them all
    send(command: any): Promise<any>;
  };
  /** The path of the stack's parameters. */
  readonly path: string;
  readonly clock: Clock;
  readonly rng: Rng;
}

/** A queue that nobody knows must not cost a call for each of its letters. */
const REFRESH_MS = 60_000;
/** "MaxResults: minimum 1, maximum 10" (GetParametersByPath API reference). */
const PAGE = 10;

/** A parameter of the topology is not what the constructs write. */
class TopologyUnreadableError extends PosthasteError {
  constructor(name: string, options: ErrorOptions = {}) {
    super(`the parameter ${name} is none that a construct of this library writes; deploy the stack again to mend it`, {
      ...options,
      code: 'TOPOLOGY_UNREADABLE',
    });
  }
}

/** The topology from Systems Manager, kept for as long as the process lives. */
export function createTopology(options: TopologyOptions): Topology {
  let known: { readonly entries: readonly TopologyEntry[]; readonly at: number } | undefined;
  const read = async () => {
    // When it began: what is written while the pages come may be on none of them.
    const at = options.clock.now();
    const entries = await readEntries(options);
    known = { entries, at };
    return entries;
  };
  const recent = () => (known !== undefined && options.clock.now() - known.at < REFRESH_MS ? known : undefined);
  return {
    entries: async () => known?.entries ?? (await read()),
    refresh: async () => recent()?.entries ?? (await read()),
    async readAfter(time) {
      if (known !== undefined && known.at > time) return known.entries;
      return recent() === undefined ? await read() : undefined;
    },
  };
}

async function readEntries({ client, path, clock, rng }: TopologyOptions): Promise<readonly TopologyEntry[]> {
  const entries: TopologyEntry[] = [];
  let NextToken: string | undefined;
  do {
    const command = new GetParametersByPathCommand({
      Path: path,
      Recursive: true,
      MaxResults: PAGE,
      ...(NextToken !== undefined && { NextToken }),
    });
    const output: GetParametersByPathCommandOutput = await retry(() => client.send(command), { clock, rng });
    for (const { Name = '', Value = '' } of output.Parameters ?? []) entries.push(entryFrom(Name, Value));
    NextToken = output.NextToken;
  } while (NextToken !== undefined && NextToken !== '');
  return entries;
}

function entryFrom(name: string, value: string): TopologyEntry {
  const entry = parsed(name, value);
  if (entry.kind === 'consumer' || entry.kind === 'outbox') return entry;
  throw new TopologyUnreadableError(name);
}

function parsed(name: string, value: string): TopologyEntry {
  try {
    return JSON.parse(value) as TopologyEntry;
  } catch (error) {
    throw new TopologyUnreadableError(name, { cause: error });
  }
}
