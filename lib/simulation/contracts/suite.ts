import { type Ids, systemIds } from '../../core/ids.ts';
import { type Rng, systemRng } from '../../core/rng.ts';
import { type ContractTime, realTime } from './time.ts';

/** What every adapter under contract brings along, whichever port it implements. */
export interface ContractWorld {
  /** The time that the adapter lives in. @default - real time */
  readonly time?: ContractTime;
  /** @default - the platform's */
  readonly rng?: Rng;
  /** Ids that no other case gets. @default - random UUIDs */
  readonly ids?: Ids;
  /** Called when the case has ended, whatever its outcome. */
  close?(): Promise<void> | void;
}

/** How a suite is asked for: what the adapter promises, and how to get a fresh one. */
export interface ContractOptions<Feature extends string, Instance extends ContractWorld> {
  /** What the adapter promises beyond the core of the port. Cases of other features are listed as skipped. */
  readonly features: readonly Feature[];
  /** Makes an adapter over an empty store; called once a case, and by several cases at a time if you run them so. */
  open(): Promise<Instance> | Instance;
}

/** One promise of a port, as a test of any framework. */
export interface ContractCase<Feature extends string = string> {
  /** A sentence; that of a skipped case ends with the reason. */
  readonly name: string;
  readonly requires: readonly Feature[];
  /** Why the case does not apply to this adapter; undefined for one that runs. */
  readonly skipped: string | undefined;
  /** Rejects with an `AssertionError` that says in a sentence what the adapter did wrong; does nothing for a skipped case. */
  run(): Promise<void>;
}

/** What a case has besides the adapter. */
export interface Given extends ContractTime {
  readonly rng: Rng;
  readonly ids: Ids;
}

/** A case as a suite writes it. */
export interface CaseDefinition<Feature extends string, Instance> {
  readonly name: string;
  readonly requires?: readonly Feature[];
  run(instance: Instance, given: Given): Promise<void>;
}

/** The cases of a suite for one adapter. */
export function casesFor<Feature extends string, Instance extends ContractWorld>(
  definitions: readonly CaseDefinition<Feature, Instance>[],
  { features, open }: ContractOptions<Feature, Instance>,
): readonly ContractCase<Feature>[] {
  return definitions.map((definition) => {
    const { name, requires = [] } = definition;
    const missing = requires.filter((feature) => !features.includes(feature));
    const skipped = missing.length === 0 ? undefined : `the adapter does not declare ${missing.join(' and ')}`;
    return {
      name: skipped === undefined ? name : `${name} (skipped: ${skipped})`,
      requires,
      skipped,
      run: () => (skipped === undefined ? runOne(definition, open) : Promise.resolve()),
    };
  });
}

async function runOne<Feature extends string, Instance extends ContractWorld>(
  definition: CaseDefinition<Feature, Instance>,
  open: () => Promise<Instance> | Instance,
): Promise<void> {
  const instance = await open();
  const { time = realTime, rng = systemRng, ids = systemIds } = instance;
  try {
    await time.drive(definition.run(instance, { ...time, rng, ids }));
  } finally {
    await instance.close?.();
  }
}

/** The member of an instance that a declared feature asks for. */
export function declared<T>(member: T | undefined, feature: string, name: string): T {
  if (member !== undefined) return member;
  throw new Error(`the adapter declares ${feature}, but its instance has no ${name}`);
}

/** How an adapter stands to its contract. */
export interface ContractReport {
  readonly passed: readonly string[];
  readonly failed: readonly { readonly name: string; readonly error: unknown }[];
  /** Names, which end with the reason. */
  readonly skipped: readonly string[];
}

/**
 * Runs cases one after the other without a test framework, and says how each ended; `onCase` is told at once.
 *
 * @example
 * const { failed } = await runContract(inboxContract({ features: ['leases'], open }));
 */
export async function runContract(
  cases: readonly ContractCase[],
  onCase: (name: string, error?: unknown) => void = () => {},
): Promise<ContractReport> {
  const passed: string[] = [];
  const failed: { name: string; error: unknown }[] = [];
  for (const { name, skipped, run } of cases) {
    if (skipped !== undefined) continue;
    try {
      await run();
      passed.push(name);
      onCase(name);
    } catch (error) {
      failed.push({ name, error });
      onCase(name, error);
    }
  }
  return { passed, failed, skipped: cases.filter(({ skipped }) => skipped !== undefined).map(({ name }) => name) };
}
