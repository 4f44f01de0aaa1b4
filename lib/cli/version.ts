import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The version of the package that this file is part of, from its sources or as it is installed. */
export function packageVersion(): string {
  const manifest = findPackageJSON(import.meta.url);
  return manifest === undefined ? 'unknown' : (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
