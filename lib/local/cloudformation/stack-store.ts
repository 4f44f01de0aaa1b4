import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import type { Place } from '../aws.ts';
import { DEFAULT_OPTIONS, type Stack, type StackOutput } from './stack.ts';
import { validationError } from './template.ts';

/** Every stack there is and was. */
export interface StackStore {
  /** All stacks, the deleted ones included, oldest first. */
  readonly all: readonly Stack[];
  /** A living stack by name, or any stack by id. */
  find(nameOrId: string): Stack | undefined;
  /** The same; throws what CloudFormation answers for a stack that does not exist. */
  get(nameOrId: unknown): Stack;
  create(name: string, status: string): Stack;
  /** The output that exports a name, with its stack. */
  exported(name: string): { readonly stack: Stack; readonly output: StackOutput } | undefined;
  importersOf(exportName: string): readonly Stack[];
}

/** An empty store. */
export function createStackStore({ clock, ids, place }: { clock: Clock; ids: Ids; place: Place }): StackStore {
  const all: Stack[] = [];
  const living = () => all.filter((stack) => stack.status !== 'DELETE_COMPLETE');
  const find = (nameOrId: string) =>
    nameOrId.startsWith('arn:') ? all.find((stack) => stack.id === nameOrId) : living().find((stack) => stack.name === nameOrId);
  return {
    all,
    find,
    get(nameOrId) {
      const stack = find(String(nameOrId));
      if (stack === undefined) throw validationError(`Stack with id ${nameOrId} does not exist`);
      return stack;
    },
    create(name, status) {
      if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(name)) {
        throw validationError(
          `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
        );
      }
      const stack = newStack({
        name,
        status,
        id: `arn:aws:cloudformation:${place.region}:${place.accountId}:stack/${name}/${ids.next()}`,
        createdAt: clock.now(),
      });
      all.push(stack);
      return stack;
    },
    exported(name) {
      for (const stack of living()) {
        const output = stack.outputs.find((each) => each.exportName === name);
        if (output !== undefined) return { stack, output };
      }
      return undefined;
    },
    importersOf: (exportName) => living().filter((stack) => stack.imports.has(exportName)),
  };
}

function newStack(fresh: { name: string; status: string; id: string; createdAt: number }): Stack {
  return {
    ...fresh,
    updatedAt: undefined,
    deletedAt: undefined,
    statusReason: undefined,
    input: undefined,
    options: DEFAULT_OPTIONS,
    terminationProtection: false,
    outputs: [],
    imports: new Set(),
    resources: new Map(),
    events: [],
    changeSets: new Map(),
    changeSetId: undefined,
  };
}
