import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { EXPERIMENTS } from './experiments.ts';

/** What is searched, and how. */
export type Search =
  | { readonly kind: 'seeds'; readonly from: number; readonly count: number }
  | { readonly kind: 'plans'; readonly from: number; readonly count: number }
  | { readonly kind: 'sweep'; readonly from: number; readonly order: 1 | 2 };

/** What `npm run simulate` was asked to do. */
export type Arguments =
  | { readonly command: 'help' }
  | { readonly command: 'mutants'; readonly workers: number; readonly json: boolean }
  | { readonly command: 'replay'; readonly line: string; readonly json: boolean }
  | {
      readonly command: 'docs';
      readonly experiments: readonly string[];
      readonly seeds: number;
      readonly workers: number;
      /** A file with the output of `npm run compare -- --json`. */
      readonly comparison: string | undefined;
    }
  | { readonly command: 'twice'; readonly experiments: readonly string[]; readonly from: number; readonly count: number }
  | {
      readonly command: 'search';
      readonly experiments: readonly string[];
      readonly search: Search;
      readonly workers: number;
      readonly json: boolean;
    };

const names = EXPERIMENTS.map(({ name }) => name);

/** The command's help. */
export const HELP = `npm run simulate -- [experiment …] [options]

  Runs worlds under virtual time, with faults, and checks every promise in each.

  experiments     ${names.join(', ')} (default: all)
  --seeds N       N seeds, each with its own swarm of troubles (default 1000, over all experiments)
  --from SEED     the first seed (default 1)
  --sweep 1|2     instead: every fault, or every pair of faults, at every call of the calm run of seed SEED
  --plans N       instead: N plans of up to six faults, drawn and shrunk by fast-check
  --soak          instead: seeds from SEED on until Ctrl-C
  --replay LINE   instead: the run of a printed line, with its violations and a timeline
  --mutants       instead: every planted defect, each of which its scenario has to notice (npm run mutants takes scenarios)
  --twice N       instead: N seeds twice each, to see that both runs are the same
  --write-docs    instead: everything that docs/guarantees.md gives figures of, then the page (20000 seeds unless --seeds)
  --comparison F  with --write-docs: what npm run compare -- --json printed, instead of a quarter of an hour of comparing
  --workers N     threads (default: one a core, here ${availableParallelism()})
  --json          one JSON document instead of lines

  Exit codes: 0 all promises held, 1 one was broken, 2 the command was not understood.
  See also: npm run compare, which runs others under the same troubles.

  Example: npm run simulate -- orders --seeds 500 --from 4000
`;

/** The command cannot be understood; the message says what was given. */
export class UsageError extends Error {}

const OPTIONS = {
  seeds: { type: 'string' },
  from: { type: 'string', default: '1' },
  sweep: { type: 'string' },
  plans: { type: 'string' },
  soak: { type: 'boolean', default: false },
  replay: { type: 'string' },
  mutants: { type: 'boolean', default: false },
  twice: { type: 'string' },
  'write-docs': { type: 'boolean', default: false },
  comparison: { type: 'string' },
  workers: { type: 'string', default: String(availableParallelism()) },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Reads the command line; throws `UsageError`. */
export function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parse(argv);
  if (values.help) return { command: 'help' };
  if (values.replay !== undefined) return { command: 'replay', line: values.replay, json: values.json };
  const unknown = positionals.filter((name) => !names.includes(name));
  const scenario = unknown.find((name) => /^[SG]\d+$/.test(name));
  if (scenario)
    throw new UsageError(
      `${scenario} is a scenario, not an experiment: npm test -- test/scenarios -t "${scenario} " or npm run mutants -- ${scenario}`,
    );
  if (unknown.length > 0) throw new UsageError(`there is no experiment ${unknown.join(', ')}; there are ${names.join(', ')}`);
  const experiments = positionals.length > 0 ? positionals : names;
  const from = whole('from', values.from, 0);
  if (values.twice !== undefined) return { command: 'twice', experiments, from, count: whole('twice', values.twice, 1) };
  const workers = whole('workers', values.workers, 1);
  if (values.mutants) return { command: 'mutants', workers, json: values.json };
  if (values['write-docs'])
    return { command: 'docs', experiments, seeds: whole('seeds', values.seeds ?? '20000', 1), workers, comparison: values.comparison };
  return {
    command: 'search',
    experiments,
    search: searchOf(values, from),
    workers,
    json: values.json,
  };
}

type Values = ReturnType<typeof parse>['values'];

function searchOf({ seeds, sweep, plans, soak }: Values, from: number): Search {
  const asked = [seeds, sweep, plans, soak || undefined].filter((value) => value !== undefined);
  if (asked.length > 1) throw new UsageError('--seeds, --sweep, --plans and --soak exclude each other');
  if (sweep !== undefined) {
    if (sweep !== '1' && sweep !== '2') throw new UsageError(`--sweep is '${sweep}'; it takes 1 or 2, the number of faults in a run`);
    return { kind: 'sweep', from, order: sweep === '1' ? 1 : 2 };
  }
  if (plans !== undefined) return { kind: 'plans', from, count: whole('plans', plans, 1) };
  return { kind: 'seeds', from, count: soak ? Number.POSITIVE_INFINITY : whole('seeds', seeds ?? '1000', 1) };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least)
    throw new UsageError(`--${name} is '${text}'; it takes a whole number, ${least} or more`);
  return value;
}
