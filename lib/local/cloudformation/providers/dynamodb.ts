import type { Json } from '../../aws.ts';
import type { Provider, ProviderChange, ProviderContext, Provisioned } from '../provider.ts';
import { validationError } from '../template.ts';
import { throughputOf } from './dynamodb-throughput.ts';
import { applySetting, array, object, pick, removeIfThere, tagList, text } from './properties.ts';

const REPLACE_ON = ['TableName', 'KeySchema', 'LocalSecondaryIndexes'];

/** AWS::DynamoDB::GlobalTable with its one replica, in the place's region. */
export const dynamoDbGlobalTable: Provider = tableProvider('AWS::DynamoDB::GlobalTable', (properties, context) => {
  const replicas = array(properties, 'Replicas');
  const [replica = {}] = replicas;
  const elsewhere = replicas.map((each) => each['Region']).filter((region) => region !== context.place.region);
  if (elsewhere.length > 0) {
    throw validationError(`Replicas: a replica in ${elsewhere.join(', ')} cannot exist here, the only region is ${context.place.region}`);
  }
  const key = object(replica, 'SSESpecification')['KMSMasterKeyId'];
  const encryption = object(properties, 'SSESpecification');
  return {
    ...properties,
    ...pick(replica, ['Tags', 'DeletionProtectionEnabled', 'PointInTimeRecoverySpecification', 'ResourcePolicy', 'TableClass']),
    ...(encryption['SSEEnabled'] === true ? { SSESpecification: { ...encryption, KMSMasterKeyId: key } } : {}),
    ...throughputOf(properties, replica),
  };
});

/** AWS::DynamoDB::Table. */
export const dynamoDbTable: Provider = tableProvider('AWS::DynamoDB::Table', (properties) => properties);

/** Both types become the same API calls once a global table is seen as its one replica. */
function tableProvider(type: string, flatten: (properties: Json, context: ProviderContext) => Json): Provider {
  return {
    type,
    nameProperty: 'TableName',
    replaceOn: REPLACE_ON,
    create: (properties, context) => createTable(flatten(properties, context), context),
    update: (change, context) =>
      updateTable({ ...change, before: flatten(change.before, context), after: flatten(change.after, context) }, context),
    remove({ physicalId }, context) {
      removeIfThere(() => context.call('dynamodb', 'DeleteTable', { TableName: physicalId }));
    },
  };
}

function createTable(properties: Json, context: ProviderContext): Provisioned {
  const TableName = text(properties, 'TableName') ?? context.name({ maxLength: 255 });
  const input = {
    TableName,
    ...pick(properties, ['AttributeDefinitions', 'KeySchema', 'LocalSecondaryIndexes', 'GlobalSecondaryIndexes', 'ProvisionedThroughput']),
    ...pick(properties, ['DeletionProtectionEnabled', 'TableClass', 'OnDemandThroughput', 'WarmThroughput']),
    BillingMode: properties['BillingMode'] ?? 'PROVISIONED',
    ...streamOf(properties),
    ...encryptionOf(properties),
    Tags: tagList(properties, context),
  };
  const description = context.call('dynamodb', 'CreateTable', input)['TableDescription'] as Json;
  applyTimeToLive(TableName, properties, context);
  applyRecovery(TableName, properties, context);
  applyPolicies(description, properties, context);
  return provisioned(description);
}

function updateTable(change: ProviderChange, context: ProviderContext): Provisioned {
  const { physicalId: TableName, before, after } = change;
  const differs = (name: string) => JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  const plain = ['BillingMode', 'ProvisionedThroughput', 'DeletionProtectionEnabled', 'TableClass', 'OnDemandThroughput'].filter(differs);
  const input = {
    ...pick(after, plain),
    ...(differs('StreamSpecification') ? streamOf(after, true) : {}),
    ...(differs('SSESpecification') ? encryptionOf(after, true) : {}),
  };
  if (Object.keys(input).length > 0) context.call('dynamodb', 'UpdateTable', { TableName, ...input });
  for (const step of indexSteps(before, after)) context.call('dynamodb', 'UpdateTable', { TableName, ...step });
  if (differs('TimeToLiveSpecification')) applyTimeToLive(TableName, after, context);
  if (differs('PointInTimeRecoverySpecification')) applyRecovery(TableName, after, context);
  const description = context.call('dynamodb', 'DescribeTable', { TableName })['Table'] as Json;
  if (differs('ResourcePolicy')) applyPolicies(description, after, context);
  return provisioned(description);
}

/** One UpdateTable creates or deletes one index (DynamoDB API Reference: UpdateTable). */
function indexSteps(before: Json, after: Json): Json[] {
  const old = new Set(array(before, 'GlobalSecondaryIndexes').map((index) => index['IndexName']));
  const wanted = new Set(array(after, 'GlobalSecondaryIndexes').map((index) => index['IndexName']));
  const dropped = [...old]
    .filter((name) => !wanted.has(name))
    .map((IndexName) => ({ GlobalSecondaryIndexUpdates: [{ Delete: { IndexName } }] }));
  const made = array(after, 'GlobalSecondaryIndexes')
    .filter((index) => !old.has(index['IndexName']))
    .map((Create) => ({ AttributeDefinitions: after['AttributeDefinitions'], GlobalSecondaryIndexUpdates: [{ Create }] }));
  return [...dropped, ...made];
}

function streamOf(properties: Json, updating = false): Json {
  const view = object(properties, 'StreamSpecification')['StreamViewType'];
  if (view === undefined) return updating ? { StreamSpecification: { StreamEnabled: false } } : {};
  return { StreamSpecification: { StreamEnabled: true, StreamViewType: view } };
}

function encryptionOf(properties: Json, updating = false): Json {
  const { SSEEnabled, SSEType, KMSMasterKeyId } = object(properties, 'SSESpecification');
  if (SSEEnabled !== true) return updating ? { SSESpecification: { Enabled: false } } : {};
  return { SSESpecification: { Enabled: true, SSEType: SSEType ?? 'KMS', ...(KMSMasterKeyId === undefined ? {} : { KMSMasterKeyId }) } };
}

function applyTimeToLive(TableName: string, properties: Json, context: ProviderContext): void {
  const TimeToLiveSpecification = object(properties, 'TimeToLiveSpecification');
  if (TimeToLiveSpecification['AttributeName'] === undefined) return;
  context.call('dynamodb', 'UpdateTimeToLive', { TableName, TimeToLiveSpecification });
}

function applyRecovery(TableName: string, properties: Json, context: ProviderContext): void {
  const PointInTimeRecoverySpecification = object(properties, 'PointInTimeRecoverySpecification');
  if (PointInTimeRecoverySpecification['PointInTimeRecoveryEnabled'] === undefined) return;
  applySetting(context, ['dynamodb', 'UpdateContinuousBackups'], { TableName, PointInTimeRecoverySpecification });
}

function applyPolicies(description: Json, properties: Json, context: ProviderContext): void {
  const document = object(properties, 'ResourcePolicy')['PolicyDocument'];
  if (document === undefined) return;
  context.call('dynamodb', 'PutResourcePolicy', { ResourceArn: description['TableArn'], Policy: JSON.stringify(document) });
}

function provisioned(description: Json): Provisioned {
  const { TableName, TableArn: Arn, LatestStreamArn: StreamArn, TableId } = description;
  return { physicalId: String(TableName), attributes: { Arn, StreamArn, TableId } };
}
