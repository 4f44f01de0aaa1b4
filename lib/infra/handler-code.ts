import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type CfnResource, FileAssetPackaging, type FileAssetSource, Lazy, Stack, Stage } from 'aws-cdk-lib';
import { Code, type CodeConfig, type ResourceBindOptions } from 'aws-cdk-lib/aws-lambda';
import {
  ASSET_RESOURCE_METADATA_ENABLED_CONTEXT,
  ASSET_RESOURCE_METADATA_IS_BUNDLED_KEY,
  ASSET_RESOURCE_METADATA_PATH_KEY,
  ASSET_RESOURCE_METADATA_PROPERTY_KEY,
} from 'aws-cdk-lib/cx-api';
import type { Construct, IConstruct } from 'constructs';
import { type BundleRun, bundleHandlers, type HandlerBundle } from './bundle.ts';
import { NativeModuleError, nativeModuleIn } from './bundle-guard.ts';

/** Context key of an app: `true` deploys source maps with every handler, and has Node.js use them. */
const SOURCE_MAPS_CONTEXT = 'posthaste:sourceMaps';

/** Whether the app asks for source maps. */
export function wantsSourceMaps(scope: IConstruct): boolean {
  return scope.node.tryGetContext(SOURCE_MAPS_CONTEXT) === true;
}

/** Every handler of one app: entered while constructs are made, bundled together when the first of them is asked for. */
class HandlerRegistry {
  static readonly #byRoot = new WeakMap<IConstruct, HandlerRegistry>();
  /** By source file, the construct that named it first. */
  readonly #waiting = new Map<string, string>();
  readonly #bundled = new Map<string, HandlerBundle>();
  readonly #sourceMaps: boolean;

  constructor(sourceMaps: boolean) {
    this.#sourceMaps = sourceMaps;
  }

  static of(scope: IConstruct): HandlerRegistry {
    const { root } = scope.node;
    const registry = HandlerRegistry.#byRoot.get(root) ?? new HandlerRegistry(wantsSourceMaps(root));
    HandlerRegistry.#byRoot.set(root, registry);
    return registry;
  }

  enter(entry: string, scope: IConstruct): void {
    if (!this.#bundled.has(entry) && !this.#waiting.has(entry)) this.#waiting.set(entry, scope.node.path);
  }

  bundle(entry: string): HandlerBundle {
    if (this.#waiting.size > 0) {
      const { bundles } = this.#bundleAll([...this.#waiting.keys()]);
      for (const [path, bundle] of bundles) this.#bundled.set(path, bundle);
      this.#waiting.clear();
    }
    return this.#bundled.get(entry) as HandlerBundle;
  }

  /** All at once; a failure of the whole does not say whose it was, so a native module is looked for in one after the other. */
  #bundleAll(entries: readonly string[]): BundleRun {
    try {
      return bundleHandlers(entries, { sourceMaps: this.#sourceMaps });
    } catch (failure) {
      const found = nativeModuleIn(failure);
      const [first] = entries;
      if (found === undefined || first === undefined) throw failure;
      if (entries.length === 1) throw new NativeModuleError(this.#waiting.get(first) ?? '', first, found);
      for (const entry of entries) this.#bundleAll([entry]);
      throw failure;
    }
  }
}

/**
 * The code of one handler, bundled together with all others of the app by a single esbuild call.
 *
 * A CDK asset wants its content when the construct is made, when later handlers are still unknown. So the asset's location is a lazy value:
 * the first one that is resolved, after the whole tree exists, bundles every handler entered until then; the directory is written straight
 * into the cloud assembly (`asset.<hash>`) and registered with the stack's synthesizer, whose asset manifest is written after the template
 * was resolved. Resolving a template before the tree is complete is harmless: handlers that come later take a second call.
 */
export class HandlerCode extends Code {
  readonly isInline = false;
  readonly #entry: string;
  #stack: Stack | undefined;
  #staged: FileAssetSource | undefined;

  constructor(entry: string) {
    super();
    this.#entry = entry;
  }

  override bind(scope: Construct): CodeConfig {
    this.#stack = Stack.of(scope);
    HandlerRegistry.of(scope).enter(this.#entry, scope);
    return {
      s3Location: {
        bucketName: Lazy.string({ produce: () => this.#location().bucketName }),
        objectKey: Lazy.string({ produce: () => this.#location().objectKey }),
      },
    };
  }

  /** The metadata by which `cdk watch`, SAM and the embedded AWS find the directory of a function's code. */
  override bindToResource(resource: CfnResource, options: ResourceBindOptions = {}): void {
    if (!resource.node.tryGetContext(ASSET_RESOURCE_METADATA_ENABLED_CONTEXT)) return;
    resource.cfnOptions.metadata = {
      ...resource.cfnOptions.metadata,
      [ASSET_RESOURCE_METADATA_PATH_KEY]: Lazy.string({ produce: () => this.#source().fileName }),
      [ASSET_RESOURCE_METADATA_IS_BUNDLED_KEY]: true,
      [ASSET_RESOURCE_METADATA_PROPERTY_KEY]: options.resourceProperty ?? 'Code',
    };
  }

  /** Twelve characters that change exactly when the deployed code does; resolved at synth. */
  get version(): string {
    return Lazy.string({ produce: () => this.#source().sourceHash.slice(0, 12) });
  }

  #location() {
    return this.#ownStack().synthesizer.addFileAsset(this.#source());
  }

  #source(): FileAssetSource {
    this.#staged ??= this.#stage(this.#ownStack());
    return this.#staged;
  }

  #stage(stack: Stack): FileAssetSource {
    const stage = Stage.of(stack) as Stage;
    const packaging = FileAssetPackaging.ZIP_DIRECTORY;
    // `cdk list` and `cdk destroy` ask for no bundling: the source folder stands in, as it does for the CDK's own bundled assets.
    if (!stack.bundlingRequired) {
      const sourceHash = createHash('sha256').update(this.#entry).digest('hex');
      return { sourceHash, packaging, fileName: relative(stage.outdir, dirname(this.#entry)) };
    }
    const bundle = HandlerRegistry.of(stack).bundle(this.#entry);
    const directory = join(stage.assetOutdir, `asset.${bundle.hash}`);
    mkdirSync(directory, { recursive: true });
    for (const [name, contents] of bundle.files) writeFileSync(join(directory, name), contents);
    return { sourceHash: bundle.hash, packaging, fileName: relative(stage.outdir, directory), displayName: this.#entry };
  }

  #ownStack(): Stack {
    if (this.#stack === undefined) throw new TypeError(`the code of ${this.#entry} belongs to no function yet: pass it to one first`);
    return this.#stack;
  }
}
