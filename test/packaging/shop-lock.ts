import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PROJECT } from '../docs/code-blocks.ts';

/** One package of a lockfile. */
export interface LockedPackage {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly [field: string]: unknown;
}

type Packages = Readonly<Record<string, LockedPackage>>;

/** The packages of this repository's lockfile, by path. */
export const LOCKED = (JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')) as { readonly packages: Packages }).packages;

/** What a package is found as from inside another one: beside it, or above. */
export function lockedPath(from: string, name: string): string | undefined {
  const folders = from.split('/node_modules/');
  const above = folders.map((_, depth) => `${folders.slice(0, folders.length - depth).join('/node_modules/')}/node_modules/${name}`);
  return [...above, `node_modules/${name}`].find((path) => path in LOCKED);
}

/**
 * The lockfile of a project that has the packed package and a few others: the same versions as here, so that two runs install the same, and
 * what `npm ci` fetched for this repository serves the project too, without a network.
 */
export function lockFor(manifest: LockedPackage, own: LockedPackage, tarball: string): object {
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  const packed = { ...own, resolved: `file:../${basename(tarball)}`, integrity };
  const found = new Map<string, LockedPackage>([
    ['', manifest],
    ['node_modules/posthaste', packed],
  ]);
  // A map that grows while it is walked: breadth first through what each package needs.
  for (const [path, locked] of found) {
    for (const name of needsOf(locked)) {
      const needed = name === 'posthaste' ? undefined : lockedPath(path, name);
      if (needed !== undefined && !found.has(needed)) found.set(needed, LOCKED[needed] as LockedPackage);
    }
  }
  const packages = [...found].map(([path, { dev: _dev, devOptional: _devOptional, peer: _peer, ...locked }]) => [path, locked] as const);
  return { name: 'shop', version: '1.0.0', lockfileVersion: 3, requires: true, packages: Object.fromEntries(packages) };
}

function needsOf({ dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta }: LockedPackage): readonly string[] {
  const peers = Object.keys(peerDependencies ?? {}).filter((name) => !peerDependenciesMeta?.[name]?.optional);
  return [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers];
}
