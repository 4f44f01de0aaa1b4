import type { Rng } from '../../core/rng.ts';
import { AwsError, type Json, type Place } from '../aws.ts';
import type { CodeBundle } from './code-source.ts';
import { type FunctionRef, functionArn, parseFunctionName } from './function-name.ts';
import type { FunctionSettings } from './function-settings.ts';

/** Code and settings that belong together: `$LATEST` as it is now, or a published version. */
export interface FunctionVersion {
  readonly version: string;
  readonly settings: FunctionSettings;
  readonly code: CodeBundle;
  readonly revisionId: string;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** A name for a version, or for two of them by weight. */
export interface FunctionAlias {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly weights: Readonly<Record<string, number>>;
  readonly revisionId: string;
}

/** The URL of a function or alias. */
export interface FunctionUrl {
  readonly urlId: string;
  readonly authType: 'NONE' | 'AWS_IAM';
  readonly cors: Json | undefined;
  readonly invokeMode: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** Everything known of one function. The maps other than `versions` and `aliases` are keyed by qualifier, '' for none. */
export interface FunctionEntry {
  readonly name: string;
  latest: FunctionVersion;
  lastPublished: number;
  reserved: number | undefined;
  recursiveLoop: 'Allow' | 'Terminate';
  tags: Readonly<Record<string, string>>;
  readonly versions: Map<string, FunctionVersion>;
  readonly aliases: Map<string, FunctionAlias>;
  readonly statements: Map<string, Json[]>;
  readonly invokeConfigs: Map<string, Json>;
  readonly provisioned: Map<string, number>;
  readonly urls: Map<string, FunctionUrl>;
}

/** A function named by somebody, found. */
export interface ResolvedFunction {
  readonly entry: FunctionEntry;
  readonly version: FunctionVersion;
  readonly qualifier: string | undefined;
  /** As named, qualifier included. */
  readonly arn: string;
}

/** The functions of the account. */
export interface FunctionStore {
  readonly entries: Map<string, FunctionEntry>;
  add(name: string, latest: FunctionVersion): FunctionEntry;
  entry(name: unknown): FunctionEntry;
  /** Finds a function, alias or version; an alias with weights picks one of its versions. */
  resolve(name: unknown, qualifier?: unknown): ResolvedFunction;
}

/** An empty store; `rng` decides between the versions of a weighted alias. */
export function createFunctionStore(place: Place, rng: Rng): FunctionStore {
  const entries = new Map<string, FunctionEntry>();

  function find(ref: FunctionRef): FunctionEntry {
    const entry = entries.get(ref.name);
    if (!entry) throw functionNotFound(functionArn(place, ref.name, ref.qualifier));
    return entry;
  }

  function versionOf(entry: FunctionEntry, qualifier: string | undefined): FunctionVersion {
    if (qualifier === undefined || qualifier === '$LATEST') return entry.latest;
    const alias = entry.aliases.get(qualifier);
    const version = entry.versions.get(alias ? pickVersion(alias, rng) : qualifier);
    if (!version) throw functionNotFound(functionArn(place, entry.name, qualifier));
    return version;
  }

  return {
    entries,
    add(name, latest) {
      const maps = {
        versions: new Map(),
        aliases: new Map(),
        statements: new Map(),
        invokeConfigs: new Map(),
        provisioned: new Map(),
        urls: new Map(),
      };
      const entry: FunctionEntry = { name, latest, lastPublished: 0, reserved: undefined, recursiveLoop: 'Terminate', tags: {}, ...maps };
      entries.set(name, entry);
      return entry;
    },
    entry: (name) => find(parseFunctionName(name)),
    resolve(name, qualifier) {
      const ref = parseFunctionName(name, qualifier);
      const entry = find(ref);
      const version = versionOf(entry, ref.qualifier);
      return { entry, version, qualifier: ref.qualifier, arn: functionArn(place, entry.name, ref.qualifier) };
    },
  };
}

function pickVersion(alias: FunctionAlias, rng: Rng): string {
  let draw = rng.next();
  for (const [version, weight] of Object.entries(alias.weights)) {
    if (draw < weight) return version;
    draw -= weight;
  }
  return alias.version;
}

/** Lambda's refusal of a function, version or alias that does not exist. */
export function functionNotFound(arn: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, { status: 404, details: { Type: 'User' } });
}

/** Lambda's refusal of any other thing that does not exist. */
export function resourceNotFound(message = 'The resource you requested does not exist.'): AwsError {
  return new AwsError('ResourceNotFoundException', message, { status: 404, details: { Type: 'User' } });
}
