import { describe, expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import { benchWithTable, createBench, tableInput } from './dynamodb-harness.ts';

const ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table/things';

describe('creating a table', () => {
  test('describes it as active', () => {
    const { call } = benchWithTable({
      stream: 'NEW_IMAGE',
      extra: { DeletionProtectionEnabled: true, Tags: [{ Key: 'team', Value: 'a' }] },
    });
    expect(call('DescribeTable', { TableName: 'things' })['Table']).toEqual({
      TableName: 'things',
      TableArn: ARN,
      TableId: expect.any(String),
      TableStatus: 'ACTIVE',
      CreationDateTime: Date.UTC(2026, 0, 1) / 1000,
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      ItemCount: 0,
      TableSizeBytes: 0,
      DeletionProtectionEnabled: true,
      ProvisionedThroughput: { NumberOfDecreasesToday: 0, ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST', LastUpdateToPayPerRequestDateTime: Date.UTC(2026, 0, 1) / 1000 },
      LatestStreamArn: `${ARN}/stream/2026-01-01T00:00:00.000`,
      LatestStreamLabel: '2026-01-01T00:00:00.000',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    });
    expect(call('ListTagsOfResource', { ResourceArn: ARN })).toEqual({ Tags: [{ Key: 'team', Value: 'a' }] });
  });

  test('accepts provisioned throughput', () => {
    const { call } = createBench();
    const input = {
      ...tableInput('things'),
      BillingMode: undefined,
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 },
    };
    expect(call('CreateTable', input)['TableDescription']).toMatchObject({
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 },
    });
  });

  const index = (IndexName: string, attribute: string, more: Json = {}) => ({
    IndexName,
    KeySchema: [{ AttributeName: attribute, KeyType: 'HASH' }],
    Projection: { ProjectionType: 'ALL' },
    ...more,
  });

  test.each<[string, Json, string]>([
    [
      'a short name',
      { TableName: 'ab' },
      "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3",
    ],
    [
      'no name',
      { TableName: undefined },
      "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null",
    ],
    [
      'odd characters',
      { TableName: 'a b!' },
      "1 validation error detected: Value 'a b!' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    ],
    [
      'an unused attribute',
      { AttributeDefinitions: ['pk', 'sk', 'x'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })) },
      'One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions',
    ],
    [
      'an undefined key',
      { KeySchema: [{ AttributeName: 'x', KeyType: 'HASH' }] },
      'One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [x], AttributeDefinitions: [pk, sk]',
    ],
    [
      'a range key first',
      { KeySchema: [{ AttributeName: 'pk', KeyType: 'RANGE' }] },
      'Invalid KeySchema: The first KeySchemaElement is not a HASH key type',
    ],
    [
      'throughput on demand',
      { ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } },
      'One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
    ],
    [
      'no throughput when provisioned',
      { BillingMode: 'PROVISIONED' },
      'One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED',
    ],
    [
      'the same index twice',
      { GlobalSecondaryIndexes: [index('one', 'sk'), index('one', 'pk')] },
      'One or more parameter values were invalid: Duplicate index name: one',
    ],
    [
      'a local index without sort key',
      { LocalSecondaryIndexes: [index('one', 'pk')] },
      'One or more parameter values were invalid: Index KeySchema does not have a range key for index: one',
    ],
    [
      'a projection that lists what it has',
      { GlobalSecondaryIndexes: [index('one', 'sk', { Projection: { ProjectionType: 'ALL', NonKeyAttributes: ['x'] } })] },
      'One or more parameter values were invalid: ProjectionType is ALL, but NonKeyAttributes is specified',
    ],
    [
      'a stream without view type',
      { StreamSpecification: { StreamEnabled: true } },
      'One or more parameter values were invalid: StreamViewType must be specified when enabling a stream',
    ],
  ])('refuses %s', (_, change, message) => {
    const { refusal, db } = createBench();
    const error = refusal('CreateTable', { ...tableInput('things'), ...change });
    expect([error.code, error.message]).toEqual(['ValidationException', message]);
    expect(db.dynamodb.tableNames()).toEqual([]);
  });

  test('refuses a name that is taken', () => {
    const { refusal } = benchWithTable();
    const error = refusal('CreateTable', tableInput('things'));
    expect([error.code, error.message]).toEqual(['ResourceInUseException', 'Table already exists: things']);
  });
});

describe('a table', () => {
  test('is listed, counted, and gone after its deletion', () => {
    const { call, put, refusal, db } = benchWithTable({ hashOnly: true });
    call('CreateTable', tableInput('another'));
    put('things', { pk: { S: 'a' }, x: { S: '12345' } });
    expect(call('DescribeTable', { TableName: ARN })['Table']).toMatchObject({ ItemCount: 1, TableSizeBytes: 9 });
    expect(call('ListTables', { Limit: 1 })).toEqual({ TableNames: ['another'], LastEvaluatedTableName: 'another' });
    expect(call('ListTables', { ExclusiveStartTableName: 'another' })).toEqual({ TableNames: ['things'] });
    expect(call('DeleteTable', { TableName: 'things' })['TableDescription']).toMatchObject({ TableStatus: 'DELETING' });
    expect(db.dynamodb.tableNames()).toEqual(['another']);
    expect(refusal('DescribeTable', { TableName: 'things' }).message).toBe('Requested resource not found: Table: things not found');
    expect(refusal('GetItem', { TableName: 'things', Key: { pk: { S: 'a' } } }).message).toBe('Requested resource not found');
  });

  test('that is protected cannot be deleted', () => {
    const { call, refusal } = benchWithTable({ extra: { DeletionProtectionEnabled: true } });
    expect(refusal('DeleteTable', { TableName: 'things' }).code).toBe('ValidationException');
    call('UpdateTable', { TableName: 'things', DeletionProtectionEnabled: false });
    expect(() => call('DeleteTable', { TableName: 'things' })).not.toThrow();
  });

  test('has tags', () => {
    const { call, refusal } = benchWithTable();
    call('TagResource', {
      ResourceArn: ARN,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    });
    call('UntagResource', { ResourceArn: ARN, TagKeys: ['a'] });
    expect(call('ListTagsOfResource', { ResourceArn: ARN })).toEqual({ Tags: [{ Key: 'b', Value: '2' }] });
    expect(refusal('TagResource', { ResourceArn: `${ARN}-not`, Tags: [] }).code).toBe('ResourceNotFoundException');
  });

  test('has resource policies with revisions, of its own and of its stream', () => {
    const { call, refusal, streamArn, clock, db } = benchWithTable({ stream: 'KEYS_ONLY' });
    const Policy = '{"Version":"2012-10-17","Statement":[]}';
    expect(refusal('GetResourcePolicy', { ResourceArn: ARN }).code).toBe('PolicyNotFoundException');
    const { RevisionId } = call('PutResourcePolicy', { ResourceArn: ARN, Policy });
    expect(call('GetResourcePolicy', { ResourceArn: ARN })).toEqual({ Policy, RevisionId });
    clock.advance(1);
    expect(refusal('PutResourcePolicy', { ResourceArn: ARN, Policy: '{}', ExpectedRevisionId: 'other' }).code).toBe(
      'PolicyNotFoundException',
    );
    expect(call('PutResourcePolicy', { ResourceArn: ARN, Policy: '{}', ExpectedRevisionId: RevisionId })['RevisionId']).not.toBe(
      RevisionId,
    );
    expect(() => call('PutResourcePolicy', { ResourceArn: streamArn, Policy })).not.toThrow();
    expect([ARN, `${ARN}/index/any`, streamArn, `${ARN}-not`].map(db.dynamodb.resourcePolicy)).toEqual(['{}', '{}', Policy, undefined]);
    call('DeleteResourcePolicy', { ResourceArn: ARN });
    expect(refusal('GetResourcePolicy', { ResourceArn: ARN }).code).toBe('PolicyNotFoundException');
    expect(call('DeleteResourcePolicy', { ResourceArn: ARN })).toEqual({});
  });

  test('remembers its backup setting', () => {
    const { call, refusal } = benchWithTable();
    const status = () =>
      (
        call('DescribeContinuousBackups', { TableName: 'things' }) as {
          ContinuousBackupsDescription: { PointInTimeRecoveryDescription: Json };
        }
      ).ContinuousBackupsDescription.PointInTimeRecoveryDescription['PointInTimeRecoveryStatus'];
    expect(status()).toBe('DISABLED');
    call('UpdateContinuousBackups', { TableName: 'things', PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } });
    expect(status()).toBe('ENABLED');
    expect(refusal('DescribeContinuousBackups', { TableName: 'missing' }).code).toBe('TableNotFoundException');
  });
});

describe('a request', () => {
  const item = (value: Json) => ({ TableName: 'things', Item: { pk: { S: 'a' }, x: value } });
  const nested = (levels: number): Json => (levels === 0 ? { S: 'leaf' } : { M: { n: nested(levels - 1) } });

  test.each<[string, Json, string]>([
    ['an empty set', { SS: [] }, 'One or more parameter values were invalid: An string set  may not be empty'],
    ['an empty number set', { NS: [] }, 'One or more parameter values were invalid: An number set  may not be empty'],
    ['an empty blob set', { BS: [] }, 'One or more parameter values were invalid: Binary sets should not be empty'],
    [
      'a member twice',
      { SS: ['b', 'a', 'b'] },
      'One or more parameter values were invalid: Input collection ["a", "b", "b"] contains duplicates.',
    ],
    ['a number twice', { NS: ['1', '1.0'] }, 'One or more parameter values were invalid: Input collection contains duplicates.'],
    ['a false null', { NULL: false }, 'One or more parameter values were invalid: Null attribute value types must have the value of true'],
    ['no type', {}, 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes'],
    [
      'two types',
      { S: 'a', N: '1' },
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    ],
    ['no number', { N: 'abc' }, 'The parameter cannot be converted to a numeric value: abc'],
    [
      '33 levels',
      nested(32),
      'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit',
    ],
    ['over 400 KB', { S: 'x'.repeat(400 * 1024 - 3) }, 'Item size has exceeded the maximum allowed size'],
  ])('with %s is refused', (_, value, message) => {
    const { refusal } = benchWithTable({ hashOnly: true });
    expect(refusal('PutItem', item(value)).message).toBe(`1 validation error detected: ${message}`);
  });

  test.each<[string, Json]>([
    ['empty texts and blobs outside the key', { L: [{ S: '' }, { B: '' }, { SS: [''] }, { M: {} }, { L: [] }] }],
    ['32 levels', nested(31)],
    ['400 KB', { S: 'x'.repeat(400 * 1024 - 4) }],
  ])('with %s is accepted', (_, value) => {
    const { call, get } = benchWithTable({ hashOnly: true });
    call('PutItem', item(value));
    expect(get('things', { pk: { S: 'a' } })?.['x']).toEqual(value);
  });

  test.each<[string, Json, string]>([
    ['a missing key', { x: { S: 'a' } }, 'One or more parameter values were invalid: Missing the key pk in the item'],
    [
      'a key of another type',
      { pk: { N: '1' } },
      'One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N',
    ],
    [
      'an empty key',
      { pk: { S: '' } },
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk',
    ],
    [
      'a key of 2049 bytes',
      { pk: { S: `${'é'.repeat(1024)}x` } },
      'One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes',
    ],
  ])('to put with %s is refused', (_, Item, message) => {
    const { refusal } = benchWithTable({ hashOnly: true });
    expect(refusal('PutItem', { TableName: 'things', Item }).message).toBe(message);
  });

  test.each<[string, Json]>([
    ['another attribute', { pk: { S: 'a' }, sk: { S: 'b' }, x: { S: 'c' } }],
    ['a part missing', { pk: { S: 'a' } }],
    ['another type', { pk: { S: 'a' }, sk: { N: '1' } }],
  ])('by a key with %s does not match the schema', (_, Key) => {
    const { refusal } = benchWithTable();
    for (const action of ['GetItem', 'DeleteItem', 'UpdateItem']) {
      expect(refusal(action, { TableName: 'things', Key }).message).toBe('The provided key element does not match the schema');
    }
  });

  test('accepts a sort key of 1024 bytes and not one more', () => {
    const { put, refusal } = benchWithTable();
    expect(() => put('things', { pk: { S: 'a' }, sk: { S: 'x'.repeat(1024) } })).not.toThrow();
    expect(refusal('PutItem', { TableName: 'things', Item: { pk: { S: 'a' }, sk: { S: 'x'.repeat(1025) } } }).message).toContain(
      'exceeded the size limit of 1024 bytes',
    );
  });

  test('for an unknown action, with a wrong type or a legacy parameter is refused', () => {
    const { refusal } = benchWithTable({ hashOnly: true });
    expect(refusal('ExecuteStatement', {}).code).toBe('UnknownOperationException');
    expect(refusal('constructor', {}).code).toBe('UnknownOperationException');
    expect(refusal('PutItem', { TableName: 'things', Item: { pk: { S: 1 } } }).code).toBe('SerializationException');
    expect(refusal('PutItem', { TableName: 'things', Item: { pk: { S: 'a' }, b: { B: '***' } } }).code).toBe('SerializationException');
    expect(refusal('GetItem', { TableName: 'things', Key: { pk: { S: 'a' } }, AttributesToGet: ['x'] }).message).toContain(
      '{AttributesToGet}',
    );
    expect(refusal('PutItem', { TableName: 'things', Item: { pk: { S: 'a' } }, ReturnConsumedCapacity: 'ALL' }).message).toContain(
      "Value 'ALL' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]",
    );
  });
});
