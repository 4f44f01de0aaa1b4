import { AwsError, type Json } from '../aws.ts';
import { type ControlPlane, invalidParameter, type LambdaActions, page } from './control-plane.ts';
import { functionArn } from './function-name.ts';
import { type FunctionEntry, resourceNotFound } from './function-store.ts';

/** Concurrency that must stay for functions without a reservation (Lambda guide, "Configuring reserved concurrency"). */
const MINIMUM_UNRESERVED = 100;

/** The sum of all reservations. */
export function reservedTotal(plane: Pick<ControlPlane, 'store'>): number {
  return [...plane.store.entries.values()].reduce((sum, entry) => sum + (entry.reserved ?? 0), 0);
}

/** Reserved and provisioned concurrency, and the account's limits. */
export function concurrencyActions(plane: ControlPlane): LambdaActions {
  const { store } = plane;

  function provisioned(input: Json): { entry: FunctionEntry; qualifier: string } {
    const { entry, qualifier } = store.resolve(input['FunctionName'], input['Qualifier']);
    if (qualifier === undefined || qualifier === '$LATEST')
      throw invalidParameter('Provisioned Concurrency Configs cannot be applied to unpublished function versions.');
    return { entry, qualifier };
  }

  return {
    PutFunctionConcurrency(input) {
      const entry = store.entry(input['FunctionName']);
      const wanted = Number(input['ReservedConcurrentExecutions']);
      if (!Number.isInteger(wanted) || wanted < 0)
        throw invalidParameter(`ReservedConcurrentExecutions must be 0 or more, got ${String(input['ReservedConcurrentExecutions'])}`);
      if (plane.accountConcurrency - (reservedTotal(plane) - (entry.reserved ?? 0) + wanted) < MINIMUM_UNRESERVED && wanted > 0) {
        throw invalidParameter(
          `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${MINIMUM_UNRESERVED}].`,
        );
      }
      entry.reserved = wanted;
      return { ReservedConcurrentExecutions: wanted };
    },
    GetFunctionConcurrency(input) {
      const { reserved } = store.entry(input['FunctionName']);
      return reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved };
    },
    DeleteFunctionConcurrency(input) {
      store.entry(input['FunctionName']).reserved = undefined;
      return {};
    },
    PutProvisionedConcurrencyConfig(input) {
      const { entry, qualifier } = provisioned(input);
      const wanted = Number(input['ProvisionedConcurrentExecutions']);
      if (!Number.isInteger(wanted) || wanted < 1) throw invalidParameter('ProvisionedConcurrentExecutions must be 1 or more.');
      entry.provisioned.set(qualifier, wanted);
      plane.keepWarm(store.resolve(entry.name, qualifier), wanted);
      return { ...describeProvisioned(plane, wanted), Status: 'IN_PROGRESS', AllocatedProvisionedConcurrentExecutions: 0 };
    },
    GetProvisionedConcurrencyConfig(input) {
      const { entry, qualifier } = provisioned(input);
      const count = entry.provisioned.get(qualifier);
      if (count === undefined) {
        throw new AwsError('ProvisionedConcurrencyConfigNotFoundException', 'No Provisioned Concurrency Config found for this function', {
          status: 404,
        });
      }
      return describeProvisioned(plane, count);
    },
    DeleteProvisionedConcurrencyConfig(input) {
      const { entry, qualifier } = provisioned(input);
      if (entry.provisioned.delete(qualifier)) plane.keepWarm(store.resolve(entry.name, qualifier), 0);
      return {};
    },
    ListProvisionedConcurrencyConfigs(input) {
      const entry = store.entry(input['FunctionName']);
      const configs = [...entry.provisioned].map(([qualifier, count]) => ({
        FunctionArn: functionArn(plane.place, entry.name, qualifier),
        ...describeProvisioned(plane, count),
      }));
      return page(configs, input, 'ProvisionedConcurrencyConfigs');
    },
    GetAccountSettings() {
      const concurrency = {
        ConcurrentExecutions: plane.accountConcurrency,
        UnreservedConcurrentExecutions: plane.accountConcurrency - reservedTotal(plane),
      };
      const sizes = { TotalCodeSize: 80_530_636_800, CodeSizeUnzipped: 262_144_000, CodeSizeZipped: 52_428_800 };
      return { AccountLimit: { ...sizes, ...concurrency }, AccountUsage: { TotalCodeSize: 0, FunctionCount: store.entries.size } };
    },
  };
}

function describeProvisioned(plane: ControlPlane, count: number): Json {
  return {
    RequestedProvisionedConcurrentExecutions: count,
    AvailableProvisionedConcurrentExecutions: count,
    AllocatedProvisionedConcurrentExecutions: count,
    Status: 'READY',
    LastModified: new Date(plane.clock.now()).toISOString().replace('Z', '+0000'),
  };
}

/** Recursive loop detection: stored and shown. */
export function recursionActions(plane: ControlPlane): LambdaActions {
  return {
    PutFunctionRecursionConfig(input) {
      const entry = plane.store.entry(input['FunctionName']);
      const wanted = input['RecursiveLoop'];
      if (wanted !== 'Allow' && wanted !== 'Terminate')
        throw invalidParameter(`RecursiveLoop must be Allow or Terminate, got ${String(wanted)}`);
      entry.recursiveLoop = wanted;
      return { RecursiveLoop: wanted };
    },
    GetFunctionRecursionConfig: (input) => ({ RecursiveLoop: plane.store.entry(input['FunctionName']).recursiveLoop }),
  };
}

/** Tags of functions, by ARN. */
export function tagActions(plane: ControlPlane): LambdaActions {
  const find = (input: Json): FunctionEntry => {
    const entry = plane.store.entry(input['Resource']);
    if (!entry) throw resourceNotFound();
    return entry;
  };
  return {
    TagResource(input) {
      const entry = find(input);
      entry.tags = { ...entry.tags, ...(input['Tags'] as Record<string, string>) };
      return {};
    },
    UntagResource(input) {
      const entry = find(input);
      const removed = new Set(input['TagKeys'] as string[]);
      entry.tags = Object.fromEntries(Object.entries(entry.tags).filter(([key]) => !removed.has(key)));
      return {};
    },
    ListTags: (input) => ({ Tags: find(input).tags }),
  };
}
