import type { AwsRequest, Json, Place } from '../../aws.ts';
import { contextOf } from '../condition-context.ts';
import { arnAt, objects, plain, type Requirement, type RequirementRule, record, text } from './requirement.ts';

/** Items of a transaction need the single action's permission (DynamoDB Developer Guide: Using IAM with transactions). */
const TRANSACT: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};

const LISTINGS = new Set([
  'ListTables',
  'DescribeLimits',
  'DescribeEndpoints',
  'ListBackups',
  'ListGlobalTables',
  'ListExports',
  'ListImports',
]);

const DATA = new Set('GetItem PutItem UpdateItem DeleteItem ConditionCheckItem BatchGetItem BatchWriteItem Query Scan'.split(' '));

const PARTIQL: Readonly<Record<string, string>> = {
  select: 'PartiQLSelect',
  insert: 'PartiQLInsert',
  update: 'PartiQLUpdate',
  delete: 'PartiQLDelete',
};

/** What a DynamoDB request needs. */
export const dynamoDbRequirements: RequirementRule = (request, place) => {
  const { action, input } = request;
  switch (action) {
    case 'TransactWriteItems':
      return objects(input, 'TransactItems').flatMap((item) => transactItem(item, place));
    case 'TransactGetItems':
      return objects(input, 'TransactItems').map((item) => onTable('GetItem', record(item, 'Get'), { place, enclosing: action }));
    case 'BatchGetItem':
    case 'BatchWriteItem':
      return Object.keys(record(input, 'RequestItems')).map((table) => onTable(action, { TableName: table }, { place }));
    case 'ExecuteStatement':
      return [statement(input, place)];
    case 'BatchExecuteStatement':
      return objects(input, 'Statements').map((item) => statement(item, place));
    case 'ExecuteTransaction':
      return objects(input, 'TransactStatements').map((item) => statement(item, place));
    default:
      return LISTINGS.has(action) ? [plain(`dynamodb:${action}`, '*')] : [single(request, place)];
  }
};

/** What a DynamoDB Streams request needs: the stream that the ARN names, or that a shard iterator begins with. */
export const dynamoDbStreamsRequirements: RequirementRule = ({ action, input }) => {
  if (action === 'ListStreams') return [{ action: 'dynamodb:ListStreams', resource: undefined, kind: 'none' }];
  const iterator = text(input, 'ShardIterator');
  const fromIterator = iterator?.startsWith('arn:') === true ? iterator.split('|')[0] : undefined;
  const resource = text(input, 'StreamArn') ?? fromIterator;
  return [{ action: `dynamodb:${action}`, resource, kind: 'stream' }];
};

function single({ action, input }: AwsRequest, place: Place): Requirement {
  const resourceArn = text(input, 'ResourceArn');
  if (resourceArn !== undefined)
    return { action: `dynamodb:${action}`, resource: resourceArn, kind: 'table', policyOwner: tableOf(resourceArn) };
  return onTable(action, input, { place });
}

function transactItem(item: Json, place: Place): readonly Requirement[] {
  return Object.entries(TRANSACT).flatMap(([member, action]) => {
    const part = item[member];
    if (typeof part !== 'object' || part === null) return [];
    return [onTable(action, part as Json, { place, enclosing: 'TransactWriteItems' })];
  });
}

function onTable(action: string, input: Json, { place, enclosing }: { readonly place: Place; readonly enclosing?: string }): Requirement {
  const tableArn = arnOfTable(text(input, 'TableName'), place);
  const index = text(input, 'IndexName');
  const context = contextOf({
    'dynamodb:EnclosingOperation': enclosing,
    'dynamodb:Select': text(input, 'Select'),
    'dynamodb:ReturnValues': text(input, 'ReturnValues'),
  });
  const whole: Requirement = { action: `dynamodb:${action}`, resource: tableArn, kind: 'table', context };
  // DynamoDB Developer Guide, Encryption at rest: the table key is decrypted on behalf of the caller.
  const keyed: Requirement = DATA.has(action) ? { ...whole, keyActions: ['kms:Decrypt'] } : whole;
  return index === undefined || tableArn === undefined
    ? keyed
    : { ...keyed, resource: `${tableArn}/index/${index}`, policyOwner: tableArn };
}

function statement(input: Json, place: Place): Requirement {
  const source = text(input, 'Statement') ?? '';
  const verb = /^\s*(\w+)/.exec(source)?.[1]?.toLowerCase() ?? '';
  const table = /(?:from|into|update|exists\s*\(\s*select.*?from)\s+"?([\w.:/-]+)"?(?:\."?([\w.-]+)"?)?/is.exec(source);
  const action = PARTIQL[verb] ?? 'PartiQLSelect';
  return onTable(action, { TableName: table?.[1], IndexName: table?.[2] }, { place });
}

function arnOfTable(table: string | undefined, place: Place): string | undefined {
  if (table === undefined || table.startsWith('arn:')) return table;
  return arnAt(place, 'dynamodb', `table/${table}`);
}

/** The table's ARN inside the ARN of an index, a stream or a backup. */
export function tableOf(arn: string): string {
  return arn.split('/').slice(0, 2).join('/');
}
