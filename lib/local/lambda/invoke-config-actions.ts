import type { Json } from '../aws.ts';
import { type ControlPlane, invalidParameter, type LambdaActions, page } from './control-plane.ts';
import { checkDestination } from './execution-role.ts';
import { functionArn } from './function-name.ts';
import { type FunctionEntry, resourceNotFound } from './function-store.ts';

/** How asynchronous invocations of a function or qualifier are retried and where their outcome goes. */
export interface InvokeConfig {
  readonly maximumRetries: number;
  readonly maximumAgeMs: number;
  readonly onSuccess: string | undefined;
  readonly onFailure: string | undefined;
}

interface DestinationConfig {
  readonly OnSuccess?: { readonly Destination?: string };
  readonly OnFailure?: { readonly Destination?: string };
}

/** What was configured, or Lambda's defaults: two retries, six hours (Lambda guide, "Configuring error handling settings"). */
export function invokeConfigOf(entry: FunctionEntry, qualifier: string | undefined): InvokeConfig {
  const stored = entry.invokeConfigs.get(qualifier ?? '$LATEST') ?? {};
  const destinations = (stored['DestinationConfig'] ?? {}) as DestinationConfig;
  return {
    maximumRetries: Number(stored['MaximumRetryAttempts'] ?? 2),
    maximumAgeMs: Number(stored['MaximumEventAgeInSeconds'] ?? 21_600) * 1_000,
    onSuccess: destinations.OnSuccess?.Destination,
    onFailure: destinations.OnFailure?.Destination,
  };
}

/** What one configuration belongs to. */
interface Target {
  readonly entry: FunctionEntry;
  readonly key: string;
  readonly role: string;
}

/** Settings of asynchronous invocation. */
export function invokeConfigActions(plane: ControlPlane): LambdaActions {
  const { store, clock } = plane;

  function find(input: Json): Target {
    const { entry, version, qualifier } = store.resolve(input['FunctionName'], input['Qualifier']);
    return { entry, key: qualifier ?? '$LATEST', role: version.settings.role };
  }

  function existing(input: Json): Target & { config: Json } {
    const target = find(input);
    const { entry, key } = target;
    const config = entry.invokeConfigs.get(key);
    if (!config) throw resourceNotFound(`The function ${functionArn(plane.place, entry.name, key)} doesn't have an EventInvokeConfig`);
    return { ...target, config };
  }

  function write({ entry, key, role }: Target, settings: Json): Json {
    bound(settings, { name: 'MaximumRetryAttempts', least: 0, most: 2 });
    bound(settings, { name: 'MaximumEventAgeInSeconds', least: 60, most: 21_600 });
    for (const destination of destinationsOf(settings)) checkDestination(plane, role, destination);
    const FunctionArn = functionArn(plane.place, entry.name, key);
    const config = { ...settings, FunctionArn, LastModified: clock.now() / 1_000 };
    entry.invokeConfigs.set(key, config);
    return config;
  }

  return {
    PutFunctionEventInvokeConfig: (input) => write(find(input), pick(input)),
    UpdateFunctionEventInvokeConfig(input) {
      const { config, ...target } = existing(input);
      return write(target, { ...pick(config), ...pick(input) });
    },
    GetFunctionEventInvokeConfig: (input) => existing(input).config,
    DeleteFunctionEventInvokeConfig(input) {
      const { entry, key } = existing(input);
      entry.invokeConfigs.delete(key);
      return {};
    },
    ListFunctionEventInvokeConfigs(input) {
      return page([...store.entry(input['FunctionName']).invokeConfigs.values()], input, 'FunctionEventInvokeConfigs');
    },
  };
}

function destinationsOf(settings: Json): readonly string[] {
  const { OnSuccess, OnFailure } = (settings['DestinationConfig'] ?? {}) as DestinationConfig;
  return [OnSuccess?.Destination, OnFailure?.Destination].filter((arn) => arn !== undefined && arn !== '') as string[];
}

function pick(input: Json): Json {
  const names = ['MaximumRetryAttempts', 'MaximumEventAgeInSeconds', 'DestinationConfig'];
  return Object.fromEntries(names.filter((name) => input[name] !== undefined).map((name) => [name, input[name]]));
}

function bound(settings: Json, rule: { name: string; least: number; most: number }): void {
  const value = settings[rule.name];
  if (value === undefined || (typeof value === 'number' && value >= rule.least && value <= rule.most)) return;
  throw invalidParameter(`${rule.name} must be between ${rule.least} and ${rule.most}, got ${String(value)}`);
}
