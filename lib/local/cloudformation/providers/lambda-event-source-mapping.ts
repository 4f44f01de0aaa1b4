import type { Json } from '../../aws.ts';
import type { Provider, ProviderContext } from '../provider.ts';
import { pick, removeIfThere, tagMap } from './properties.ts';

const FIXED = ['EventSourceArn', 'StartingPosition', 'StartingPositionTimestamp'];

const CHANGEABLE = [
  'FunctionName',
  'Enabled',
  'BatchSize',
  'MaximumBatchingWindowInSeconds',
  'FilterCriteria',
  'FunctionResponseTypes',
  'ScalingConfig',
  'ProvisionedPollerConfig',
  'ParallelizationFactor',
  'MaximumRetryAttempts',
  'MaximumRecordAgeInSeconds',
  'BisectBatchOnFunctionError',
  'DestinationConfig',
  'TumblingWindowInSeconds',
  'KmsKeyArn',
  'MetricsConfig',
];

/** What a setting goes back to when it leaves the template (Lambda API Reference: UpdateEventSourceMapping). */
const DEFAULTS: Json = {
  Enabled: true,
  MaximumBatchingWindowInSeconds: 0,
  FilterCriteria: { Filters: [] },
  FunctionResponseTypes: [],
  ScalingConfig: {},
  ProvisionedPollerConfig: {},
  ParallelizationFactor: 1,
  MaximumRetryAttempts: -1,
  MaximumRecordAgeInSeconds: -1,
  BisectBatchOnFunctionError: false,
  DestinationConfig: {},
};

/** AWS::Lambda::EventSourceMapping. */
export const lambdaEventSourceMapping: Provider = {
  type: 'AWS::Lambda::EventSourceMapping',
  replaceOn: FIXED,
  create(properties, context) {
    const input = { ...pick(properties, [...FIXED, ...CHANGEABLE]), ...enabledOf(properties), Tags: tagMap(properties, context) };
    const created = context.call('lambda', 'CreateEventSourceMapping', input);
    return { physicalId: String(created['UUID']), attributes: attributesOf(String(created['UUID']), context) };
  },
  update({ physicalId, attributes, after, changed }, context) {
    const names = CHANGEABLE.filter((name) => changed.has(name));
    const input = {
      UUID: physicalId,
      ...pick(DEFAULTS, names),
      ...pick(after, names),
      ...(changed.has('Enabled') ? enabledOf(after) : {}),
    };
    context.call('lambda', 'UpdateEventSourceMapping', input);
    return { physicalId, attributes };
  },
  remove({ physicalId }, context) {
    removeIfThere(() => context.call('lambda', 'DeleteEventSourceMapping', { UUID: physicalId }));
  },
};

/** Templates may say `"false"`. */
function enabledOf(properties: Json): Json {
  return properties['Enabled'] === undefined ? {} : { Enabled: String(properties['Enabled']) === 'true' };
}

function attributesOf(id: string, { place }: ProviderContext): Json {
  return { Id: id, EventSourceMappingArn: `arn:aws:lambda:${place.region}:${place.accountId}:event-source-mapping:${id}` };
}
