import { type Aws, DEVELOPER, type Json, type Place, type ServiceName } from '../aws.ts';

/** What a provider made: the value of `Ref` and the values of `Fn::GetAtt`. */
export interface Provisioned {
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What a provider works with. */
export interface ProviderContext {
  readonly place: Place;
  readonly stackName: string;
  readonly stackId: string;
  readonly logicalId: string;
  readonly tags: readonly Json[];
  /** Calls an engine as the developer, with the SDK's input and output. */
  call(service: ServiceName, action: string, input: Json): Json;
  /** The same for what may wait: code that is fetched and unpacked. */
  callAsync(service: ServiceName, action: string, input: Json): Promise<Json>;
  /** A generated name for this resource. */
  name(options?: { maxLength?: number; lowerCase?: boolean }): string;
  /** The folder that would have been zipped to this bucket and key, when the assembly lies on this machine. */
  assetDirectory(bucket: string, key: string): string | undefined;
  /** A fresh identifier. */
  nextId(): string;
}

/** A change of a resource's resolved properties. */
export interface ProviderChange {
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly before: Json;
  readonly after: Json;
  readonly changed: ReadonlySet<string>;
}

/** How one resource type is made, changed and removed through the engines' public API. */
export interface Provider {
  readonly type: string;
  /** The property that names the resource, if a template may. */
  readonly nameProperty?: string;
  /** Properties whose change needs a new resource. */
  readonly replaceOn: readonly string[];
  create(properties: Json, context: ProviderContext): Provisioned | Promise<Provisioned>;
  /** Changes a resource in place; without it every change replaces. */
  update?(change: ProviderChange, context: ProviderContext): Provisioned | Promise<Provisioned>;
  remove(
    resource: { readonly physicalId: string; readonly properties: Json; readonly attributes: Readonly<Record<string, unknown>> },
    context: ProviderContext,
  ): void | Promise<void>;
}

/** The engine calls of a provider, over `Aws`. */
export function providerCalls(aws: () => Aws): Pick<ProviderContext, 'call' | 'callAsync'> {
  return {
    call: (service, action, input) => aws().callNow({ service, action, input, caller: DEVELOPER }),
    callAsync: (service, action, input) => aws().call({ service, action, input, caller: DEVELOPER }),
  };
}
