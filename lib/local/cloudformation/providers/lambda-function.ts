import { zipSync } from 'fflate';
import type { Json } from '../../aws.ts';
import type { Provider, ProviderContext } from '../provider.ts';
import { validationError } from '../template.ts';
import { object, pick, removeIfThere, tagMap, text } from './properties.ts';

const CONFIGURATION = [
  'Description',
  'Role',
  'Handler',
  'Runtime',
  'Timeout',
  'MemorySize',
  'Environment',
  'Layers',
  'EphemeralStorage',
  'TracingConfig',
  'LoggingConfig',
  'DeadLetterConfig',
  'KmsKeyArn',
  'VpcConfig',
  'SnapStart',
];

/** What a setting goes back to when it leaves the template (Lambda API Reference: CreateFunction). */
const DEFAULTS: Json = {
  Timeout: 3,
  MemorySize: 128,
  Environment: { Variables: {} },
  Layers: [],
  Description: '',
  KmsKeyArn: '',
  DeadLetterConfig: {},
};

/** AWS::Lambda::Function. Code lies in S3, inline in the template, or in the assembly's asset folder on this machine. */
export const lambdaFunction: Provider = {
  type: 'AWS::Lambda::Function',
  nameProperty: 'FunctionName',
  replaceOn: ['FunctionName', 'PackageType'],
  async create(properties, context) {
    const FunctionName = text(properties, 'FunctionName') ?? context.name({ maxLength: 64 });
    const input = {
      FunctionName,
      ...pick(properties, [...CONFIGURATION, 'Architectures', 'PackageType']),
      Code: codeOf(properties, context),
      Tags: tagMap(properties, context),
    };
    const created = await context.callAsync('lambda', 'CreateFunction', input);
    reserve(FunctionName, properties, context);
    if (properties['RecursiveLoop'] !== undefined) setRecursion(FunctionName, properties, context);
    return { physicalId: FunctionName, attributes: { Arn: created['FunctionArn'], 'SnapStartResponse.ApplyOn': 'None' } };
  },
  async update({ physicalId: FunctionName, attributes, after, changed }, context) {
    const settings = CONFIGURATION.filter((name) => changed.has(name));
    if (settings.length > 0) {
      const input = { FunctionName, ...pick(DEFAULTS, settings), ...pick(after, settings) };
      context.call('lambda', 'UpdateFunctionConfiguration', input);
    }
    if (changed.has('Code') || changed.has('Architectures')) {
      await context.callAsync('lambda', 'UpdateFunctionCode', {
        FunctionName,
        ...codeOf(after, context),
        ...pick(after, ['Architectures']),
      });
    }
    if (changed.has('ReservedConcurrentExecutions')) reserve(FunctionName, after, context);
    if (changed.has('RecursiveLoop')) setRecursion(FunctionName, after, context);
    if (changed.has('Tags')) context.call('lambda', 'TagResource', { Resource: attributes['Arn'], Tags: tagMap(after, context) });
    return { physicalId: FunctionName, attributes };
  },
  remove({ physicalId }, context) {
    removeIfThere(() => context.call('lambda', 'DeleteFunction', { FunctionName: physicalId }));
  },
};

function codeOf(properties: Json, context: ProviderContext): Json {
  const code = object(properties, 'Code');
  const inline = text(code, 'ZipFile');
  if (inline !== undefined) return { ZipFile: zipInline(inline, text(properties, 'Runtime') ?? '') };
  if (code['ImageUri'] !== undefined)
    throw validationError('Code.ImageUri: container images cannot run here; package the function as a zip');
  const bucket = text(code, 'S3Bucket') ?? '';
  const key = text(code, 'S3Key') ?? '';
  const directory = context.assetDirectory(bucket, key);
  return directory === undefined ? pick(code, ['S3Bucket', 'S3Key', 'S3ObjectVersion']) : { LocalDirectory: directory };
}

/** CloudFormation zips inline code under the name that the runtime expects (Template reference: AWS::Lambda::Function Code). */
function zipInline(source: string, runtime: string): string {
  const file = runtime.startsWith('python') ? 'index.py' : 'index.js';
  return Buffer.from(zipSync({ [file]: Buffer.from(source) }, { mtime: new Date('1980-01-01T00:00:00Z') })).toString('base64');
}

function reserve(FunctionName: string, properties: Json, context: ProviderContext): void {
  const reserved = properties['ReservedConcurrentExecutions'];
  if (reserved !== undefined) {
    context.call('lambda', 'PutFunctionConcurrency', { FunctionName, ReservedConcurrentExecutions: Number(reserved) });
  } else {
    removeIfThere(() => context.call('lambda', 'DeleteFunctionConcurrency', { FunctionName }));
  }
}

/** Lambda ends loops unless it is told otherwise (Template reference: AWS::Lambda::Function RecursiveLoop). */
function setRecursion(FunctionName: string, { RecursiveLoop = 'Terminate' }: Json, context: ProviderContext): void {
  context.call('lambda', 'PutFunctionRecursionConfig', { FunctionName, RecursiveLoop });
}
