import { createHash } from 'node:crypto';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type Metafile, type OutputFile } from 'esbuild';
import { assertNoCdk, CDK_PACKAGES } from './bundle-guard.ts';

/** One handler, ready to be an asset: the files of its directory and a hash of their content. */
export interface HandlerBundle {
  /** Absolute path of the source file. */
  readonly entry: string;
  /** SHA-256 of the files: equal source and equal tools give an equal hash, on every machine. */
  readonly hash: string;
  /** By file name: `index.mjs`, and `index.mjs.map` when source maps are on. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The outcome of one esbuild call. */
export interface BundleRun {
  /** By absolute path of the source file. */
  readonly bundles: ReadonlyMap<string, HandlerBundle>;
  /** What esbuild read and wrote, for budgets and guards. */
  readonly metafile: Metafile;
}

/** How handlers are bundled. */
export interface BundleOptions {
  /**
   * Adds `index.mjs.map`, so that stacks name source lines when the function also has `NODE_OPTIONS=--enable-source-maps`.
   *
   * @default false - a map is several times the size of the minified code, and loading it slows the first error down by hundreds of
   * milliseconds
   */
  readonly sourceMaps?: boolean;
}

/**
 * A CommonJS dependency may call `require` for a Node built-in, which an ES module does not have.
 */
const REQUIRE_SHIM = "import{createRequire as __posthasteRequire}from'node:module';const require=__posthasteRequire(import.meta.url);";

/**
 * Bundles any number of handlers with exactly one esbuild call, each into files of its own: one process start and one parse of what they
 * share, instead of one `npx esbuild` a function. The AWS SDK is included, because the copy of the Lambda runtime changes without notice
 * and loads slower than a bundled, tree-shaken one; its credentials come from the environment alone, as Lambda gives them. Refuses a
 * handler that reaches the CDK.
 *
 * @example
 * const { bundles } = bundleHandlers(['/app/handlers/audit.ts']);
 * bundles.get('/app/handlers/audit.ts')?.files.get('index.mjs');
 */
export function bundleHandlers(entries: readonly string[], options: BundleOptions = {}): BundleRun {
  const named = new Map([...new Set(entries)].map((entry, index) => [`handler-${index}`, entry]));
  const { outputFiles, metafile } = buildSync({
    entryPoints: Object.fromEntries([...named].map(([name, entry]) => [`${name}/index`, entry])),
    outdir: 'bundle',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    legalComments: 'none',
    alias: { '@aws-sdk/credential-provider-node': siblingOf('lambda-credentials') },
    banner: { js: REQUIRE_SHIM },
    sourcemap: options.sourceMaps ? 'linked' : false,
    sourcesContent: false,
    // Left unresolved so that a planted import fails fast, with its trail, instead of after parsing the whole CDK.
    external: CDK_PACKAGES.flatMap((name) => [name, `${name}/*`]),
    logLevel: 'error',
  });
  assertNoCdk(metafile);
  return { bundles: new Map([...named].map(([name, entry]) => [entry, bundleOf(name, entry, outputFiles)])), metafile };
}

/** A module beside this one: `.ts` in the repository, `.js` in the package. */
function siblingOf(name: string): string {
  const here = fileURLToPath(import.meta.url);
  return join(dirname(here), `${name}${extname(here)}`);
}

function bundleOf(name: string, entry: string, outputs: readonly OutputFile[]): HandlerBundle {
  const own = outputs.filter(({ path }) => basename(dirname(path)) === name).sort((a, b) => (a.path < b.path ? -1 : 1));
  const files = new Map(own.map(({ path, contents }) => [basename(path), contents]));
  const hash = createHash('sha256');
  for (const [file, contents] of files) hash.update(`${file}:${contents.length}:`).update(contents);
  return { entry, files, hash: hash.digest('hex') };
}
