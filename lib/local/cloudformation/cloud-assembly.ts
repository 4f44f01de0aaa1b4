import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, Place } from '../aws.ts';
import { AssemblyUnreadableError } from './cloudformation.errors.ts';

/** A file or folder that a stack needs in an asset bucket. */
export interface FileAsset {
  readonly bucket: string;
  readonly key: string;
  /** Where it lies on this machine. */
  readonly path: string;
  /** Whether the path is a folder to be zipped. */
  readonly zipped: boolean;
}

/** One stack of an assembly. */
export interface AssemblyStack {
  readonly id: string;
  readonly stackName: string;
  readonly templateFile: string;
  /** `aws://ACCOUNT/REGION`; `unknown-…` parts when the app names none. */
  readonly environment: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: readonly Json[];
  readonly terminationProtection: boolean;
  /** Logical id → construct path, as the app recorded it. */
  readonly constructPaths: ReadonlyMap<string, string>;
  readonly dependencies: readonly string[];
}

/** What `cdk synth` wrote: the stacks, dependencies first, and their file assets. */
export interface CloudAssembly {
  readonly directory: string;
  readonly stacks: readonly AssemblyStack[];
  readonly assets: readonly FileAsset[];
}

/**
 * Reads a cloud assembly (`cdk.out`), stages included.
 *
 * @example
 * loadCloudAssembly('cdk.out', LOCAL_PLACE).stacks.map((stack) => stack.stackName)
 */
export function loadCloudAssembly(directory: string, place: Place): CloudAssembly {
  const manifest = readJson(directory, 'manifest.json');
  const artifacts = Object.entries((manifest['artifacts'] ?? {}) as Record<string, Json>);
  const ofType = (type: string) => artifacts.filter(([, artifact]) => artifact['type'] === type);
  const nested = ofType('cdk:cloud-assembly').map(([, artifact]) =>
    loadCloudAssembly(join(directory, String(propertiesOf(artifact)['directoryName'])), place),
  );
  const stacks = ofType('aws:cloudformation:stack').map(([id, artifact]) => readStack(directory, id, artifact));
  const assets = ofType('cdk:asset-manifest').flatMap(([, artifact]) =>
    readAssets(directory, String(propertiesOf(artifact)['file']), place),
  );
  return {
    directory,
    stacks: [...nested.flatMap((each) => each.stacks), ...dependenciesFirst(stacks, new Map(artifacts))],
    assets: [...nested.flatMap((each) => each.assets), ...assets],
  };
}

function readStack(directory: string, id: string, artifact: Json): AssemblyStack {
  const properties = propertiesOf(artifact);
  const tags = (properties['tags'] ?? {}) as Record<string, string>;
  return {
    id,
    stackName: String(properties['stackName'] ?? id),
    templateFile: join(directory, String(properties['templateFile'])),
    environment: String(artifact['environment'] ?? 'aws://unknown-account/unknown-region'),
    parameters: (properties['parameters'] ?? {}) as Record<string, string>,
    tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    terminationProtection: properties['terminationProtection'] === true,
    constructPaths: readPaths(directory, artifact),
    dependencies: (artifact['dependencies'] ?? []) as string[],
  };
}

/** The app records each construct's logical id as metadata, in the manifest or, since schema 50, in a file beside it. */
function readPaths(directory: string, artifact: Json): Map<string, string> {
  const file = artifact['additionalMetadataFile'];
  const metadata = {
    ...((artifact['metadata'] ?? {}) as Record<string, Json[]>),
    ...(typeof file === 'string' ? (readJson(directory, file) as Record<string, Json[]>) : {}),
  };
  const paths = new Map<string, string>();
  for (const [path, entries] of Object.entries(metadata)) {
    for (const entry of entries) if (entry['type'] === 'aws:cdk:logicalId') paths.set(String(entry['data']), path.replace(/^\//, ''));
  }
  return paths;
}

function readAssets(directory: string, file: string, place: Place): FileAsset[] {
  const files = (readJson(directory, file)['files'] ?? {}) as Record<string, Json>;
  return Object.values(files).flatMap((asset) => {
    const source = asset['source'] as Json | undefined;
    const path = source?.['path'];
    if (typeof path !== 'string') return [];
    return Object.values((asset['destinations'] ?? {}) as Record<string, Json>).map((destination) => ({
      bucket: fillPlaceholders(String(destination['bucketName']), place),
      key: fillPlaceholders(String(destination['objectKey']), place),
      path: join(directory, path),
      zipped: source?.['packaging'] === 'zip',
    }));
  });
}

/** Stacks in an order that respects the artifacts they depend on, directly or through asset manifests. */
function dependenciesFirst(stacks: readonly AssemblyStack[], artifacts: ReadonlyMap<string, Json>): AssemblyStack[] {
  const byId = new Map(stacks.map((stack) => [stack.id, stack]));
  const ordered: AssemblyStack[] = [];
  const seen = new Set<string>();
  const visit = (id: string): void => {
    if (seen.has(id)) return;
    seen.add(id);
    for (const dependency of (artifacts.get(id)?.['dependencies'] ?? []) as string[]) visit(dependency);
    const stack = byId.get(id);
    if (stack !== undefined) ordered.push(stack);
  };
  for (const { id } of stacks) visit(id);
  return ordered;
}

function fillPlaceholders(text: string, place: Place): string {
  const values: Readonly<Record<string, string>> = { AccountId: place.accountId, Region: place.region, Partition: 'aws' };
  return text.replace(/\$\{AWS::(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

function propertiesOf(artifact: Json): Json {
  return (artifact['properties'] ?? {}) as Json;
}

function readJson(directory: string, file: string): Json {
  try {
    return JSON.parse(readFileSync(join(directory, file), 'utf8')) as Json;
  } catch (cause) {
    throw new AssemblyUnreadableError(directory, `${file} is missing or not JSON; run \`cdk synth\` first`, { cause });
  }
}
