import { existsSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, resolve as resolvePath } from 'node:path';
import { type Aws, DEVELOPER, type Json, type Place } from '../aws.ts';
import { type AssemblyStack, type CloudAssembly, type FileAsset, loadCloudAssembly } from './cloud-assembly.ts';
import { AssemblyUnreadableError, DeployFailedError } from './cloudformation.errors.ts';
import type { CloudFormation, DeployProgress } from './cloudformation.ts';
import { isInert } from './providers/registry.ts';
import { parseTemplate, type Template, type TemplateResource } from './template.ts';

/** What to deploy, and where. */
export interface DeployAssemblyOptions {
  /** The folder that `cdk synth` wrote. */
  readonly directory: string;
  readonly aws: Aws;
  readonly cloudformation: CloudFormation;
  /** Called for every resource that was made or changed. */
  readonly onProgress?: (progress: DeployProgress) => void;
}

/** What came of it. */
export interface DeployedAssembly {
  /** Stack name → output key → value. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Stack names in the order of deployment. */
  readonly stacks: readonly string[];
  /** Resources of all stacks, those that do nothing here included. */
  readonly resourceCount: number;
  /** Resource types that do nothing here. */
  readonly ignoredTypes: readonly string[];
}

/**
 * Creates or updates the stacks of a cloud assembly in this process, dependencies first. Functions run from their asset folders;
 * nothing is zipped. Throws DeployFailedError when a stack fails; what was done to it is rolled back.
 *
 * @example
 * const { outputs } = await deployAssembly({ directory: 'cdk.out', aws, cloudformation });
 */
export async function deployAssembly({ directory, aws, cloudformation, onProgress }: DeployAssemblyOptions): Promise<DeployedAssembly> {
  const root = isAbsolute(directory) ? directory : resolvePath(directory);
  const assembly = loadCloudAssembly(root, aws.place);
  for (const asset of assembly.assets) provideAsset(asset, { aws, cloudformation, assembly });
  const outputs: Record<string, Record<string, string>> = {};
  const ignored = new Set<string>();
  let resourceCount = 0;
  for (const stack of assembly.stacks) {
    refuseForeignEnvironment(assembly, stack, aws.place);
    const body = readFileSync(stack.templateFile, 'utf8');
    const template = withConstructPaths(parseTemplate(body), stack.constructPaths);
    resourceCount += Object.keys(template.Resources).length;
    for (const { Type } of Object.values(template.Resources)) if (isInert(Type)) ignored.add(Type);
    outputs[stack.stackName] = await deployStack({ stack, body, template, cloudformation, onProgress });
  }
  return { outputs, stacks: assembly.stacks.map((stack) => stack.stackName), resourceCount, ignoredTypes: [...ignored].sort() };
}

interface StackDeployment {
  readonly stack: AssemblyStack;
  readonly body: string;
  readonly template: Template;
  readonly cloudformation: CloudFormation;
  readonly onProgress: ((progress: DeployProgress) => void) | undefined;
}

async function deployStack({ stack, body, template, cloudformation, onProgress }: StackDeployment): Promise<Record<string, string>> {
  const { stackName, tags, terminationProtection } = stack;
  try {
    const parameters = new Map(Object.entries(stack.parameters));
    const deployed = await cloudformation.deploy({
      stackName,
      input: { body, template, parameters, tags },
      terminationProtection,
      onProgress,
    });
    return Object.fromEntries(deployed.outputs.map(({ key, value }) => [key, value]));
  } catch (cause) {
    throw new DeployFailedError(stackName, { cause, reason: cause instanceof Error ? cause.message : String(cause) });
  }
}

/** Folders are used where they lie; files, which functions may name as code, go to the asset bucket. Templates are read directly. */
function provideAsset(
  asset: FileAsset,
  { aws, cloudformation, assembly }: { aws: Aws; cloudformation: CloudFormation; assembly: CloudAssembly },
): void {
  if (!existsSync(asset.path))
    throw new AssemblyUnreadableError(assembly.directory, `the asset ${asset.path} is missing; run \`cdk synth\` again`);
  if (asset.zipped && statSync(asset.path).isDirectory()) {
    cloudformation.knowAsset(asset);
    return;
  }
  if (asset.path.endsWith('.template.json')) return;
  const call = (action: string, input: Json) => aws.callNow({ service: 's3', action, input, caller: DEVELOPER });
  const buckets = (call('ListBuckets', {})['Buckets'] ?? []) as Json[];
  if (!buckets.some((bucket) => bucket['Name'] === asset.bucket)) call('CreateBucket', { Bucket: asset.bucket });
  call('PutObject', { Bucket: asset.bucket, Key: asset.key, Body: readFileSync(asset.path) });
}

function withConstructPaths(template: Template, paths: ReadonlyMap<string, string>): Template {
  const entries = Object.entries(template.Resources).map(([id, resource]): [string, TemplateResource] => {
    const path = paths.get(id);
    if (path === undefined || resource.Metadata?.['aws:cdk:path'] !== undefined) return [id, resource];
    return [id, { ...resource, Metadata: { ...resource.Metadata, 'aws:cdk:path': path } }];
  });
  return { ...template, Resources: Object.fromEntries(entries) };
}

/** A template of another account or region holds ARNs that do not exist here. */
function refuseForeignEnvironment(assembly: CloudAssembly, { stackName, environment }: AssemblyStack, place: Place): void {
  const [account = '', region = ''] = environment.replace('aws://', '').split('/');
  const foreign = (found: string, here: string) => found !== here && !found.startsWith('unknown-');
  if (foreign(account, place.accountId) || foreign(region, place.region)) {
    throw new AssemblyUnreadableError(
      assembly.directory,
      `stack ${stackName} was synthesized for ${environment}, this place is aws://${place.accountId}/${place.region}; synthesize it for this account and region, or without an env`,
    );
  }
}
