import type { Metafile } from 'esbuild';
import { PosthasteError } from '../core/errors.ts';

/** Packages that belong to `cdk synth` and never to a function. */
export const CDK_PACKAGES = ['aws-cdk-lib', 'constructs', 'cdk-nag', 'cdk-monitoring-constructs'] as const;

/** A handler reaches the CDK through its imports: its bundle would carry megabytes that cannot run on Lambda. */
export class CdkInBundleError extends PosthasteError {
  constructor(trails: readonly (readonly string[])[]) {
    const lines = trails.map((trail) => trail.map((step, depth) => `${'  '.repeat(depth)}${depth === 0 ? '' : '→ '}${step}`).join('\n'));
    super(
      `a handler imports the CDK:\n${lines.join('\n')}\n` +
        'Handlers and constructs meet only in files that import neither: move the value they share into one, and import types with "import type".',
      { code: 'CDK_IN_BUNDLE' },
    );
  }
}

/** A handler imports a module that was compiled for one machine: it is not JavaScript, and a bundle holds nothing else. */
export class NativeModuleError extends PosthasteError {
  constructor(place: string, entry: string, found: string) {
    super(
      `${place}: the handler ${entry} imports a native module (${found}), which cannot be bundled; use a package written in JavaScript or WebAssembly, or give the module to a ` +
        'function of its own, made with aws-cdk-lib and a layer built for arm64',
      { code: 'NATIVE_MODULE_IN_BUNDLE' },
    );
  }
}

/** What esbuild said of a native module, when that is why it failed. */
export function nativeModuleIn(failure: unknown): string | undefined {
  return failure instanceof Error ? /No loader is configured for "\.node" files: (\S+)/.exec(failure.message)?.[1] : undefined;
}

/**
 * Throws when an entry of an esbuild run reaches the CDK, with the shortest trail of imports from each such entry.
 * It reads everything that was parsed, not only what ended up in the output: an import whose values were all shaken away today is one edit
 * away from ten megabytes. Imports of types only leave no trace in a metafile, and are fine.
 */
export function assertNoCdk(metafile: Metafile): void {
  const entries = Object.values(metafile.outputs).flatMap((output) => (output.entryPoint === undefined ? [] : [output.entryPoint]));
  const trails = entries.flatMap((entry) => trailToCdk(metafile, entry) ?? []);
  if (trails.length > 0) throw new CdkInBundleError(trails);
}

/** Breadth first, so the first trail found is a shortest one. Wrapped in a list for `flatMap`. */
function trailToCdk(metafile: Metafile, entry: string): readonly (readonly string[])[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[entry, undefined]]);
  for (const file of cameFrom.keys()) {
    if (isCdk(file)) return [trailOf(cameFrom, file)];
    for (const { path } of metafile.inputs[file]?.imports ?? []) {
      if (!cameFrom.has(path)) cameFrom.set(path, file);
    }
  }
  return undefined;
}

function trailOf(cameFrom: ReadonlyMap<string, string | undefined>, file: string): readonly string[] {
  const trail: string[] = [];
  for (let step: string | undefined = file; step !== undefined; step = cameFrom.get(step)) trail.unshift(step);
  return trail;
}

/** A bare specifier that was left external, or a file of the package that was bundled. */
function isCdk(path: string): boolean {
  return CDK_PACKAGES.some((name) => path === name || path.startsWith(`${name}/`) || path.includes(`node_modules/${name}/`));
}
