import type { Json } from '../aws.ts';
import { type ControlPlane, invalidParameter, type LambdaActions, page } from './control-plane.ts';
import { functionArn } from './function-name.ts';
import { type FunctionEntry, resourceNotFound } from './function-store.ts';

/** How asynchronous invocations of a function or qualifier are retried and where their outcome goes. */
export interface InvokeConfig {
  readonly maximumRetries: number;
  readonly maximumAgeMs: number;
  readonly onSuccess: string | undefined;
  readonly onFailure: string | undefined;
}

/** What was configured, or Lambda's defaults: two retries, six hours (Lambda guide, "Configuring error handling settings"). */
export function invokeConfigOf(entry: FunctionEntry, qualifier: string | undefined): InvokeConfig {
  const stored = entry.invokeConfigs.get(qualifier ?? '$LATEST') ?? {};
  const destinations = (stored['DestinationConfig'] ?? {}) as {
    OnSuccess?: { Destination?: string };
    OnFailure?: { Destination?: string };
  };
  return {
    maximumRetries: Number(stored['MaximumRetryAttempts'] ?? 2),
    maximumAgeMs: Number(stored['MaximumEventAgeInSeconds'] ?? 21_600) * 1_000,
    onSuccess: destinations.OnSuccess?.Destination,
    onFailure: destinations.OnFailure?.Destination,
  };
}

/** Settings of asynchronous invocation. */
export function invokeConfigActions(plane: ControlPlane): LambdaActions {
  const { store, clock } = plane;

  function find(input: Json): { entry: FunctionEntry; key: string } {
    const { entry, qualifier } = store.resolve(input['FunctionName'], input['Qualifier']);
    return { entry, key: qualifier ?? '$LATEST' };
  }

  function existing(input: Json): { entry: FunctionEntry; key: string; config: Json } {
    const { entry, key } = find(input);
    const config = entry.invokeConfigs.get(key);
    if (!config) throw resourceNotFound(`The function ${functionArn(plane.place, entry.name, key)} doesn't have an EventInvokeConfig`);
    return { entry, key, config };
  }

  function write({ entry, key }: { entry: FunctionEntry; key: string }, settings: Json): Json {
    bound(settings, { name: 'MaximumRetryAttempts', least: 0, most: 2 });
    bound(settings, { name: 'MaximumEventAgeInSeconds', least: 60, most: 21_600 });
    const FunctionArn = functionArn(plane.place, entry.name, key);
    const config = { ...settings, FunctionArn, LastModified: clock.now() / 1_000 };
    entry.invokeConfigs.set(key, config);
    return config;
  }

  return {
    PutFunctionEventInvokeConfig: (input) => write(find(input), pick(input)),
    UpdateFunctionEventInvokeConfig(input) {
      const { entry, key, config } = existing(input);
      return write({ entry, key }, { ...pick(config), ...pick(input) });
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

function pick(input: Json): Json {
  const names = ['MaximumRetryAttempts', 'MaximumEventAgeInSeconds', 'DestinationConfig'];
  return Object.fromEntries(names.filter((name) => input[name] !== undefined).map((name) => [name, input[name]]));
}

function bound(settings: Json, rule: { name: string; least: number; most: number }): void {
  const value = settings[rule.name];
  if (value === undefined || (typeof value === 'number' && value >= rule.least && value <= rule.most)) return;
  throw invalidParameter(`${rule.name} must be between ${rule.least} and ${rule.most}, got ${String(value)}`);
}
