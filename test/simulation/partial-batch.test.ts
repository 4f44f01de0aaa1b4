import { describe, expect, test } from 'vitest';
import { DEVELOPER, type Json } from '../../lib/local/aws.ts';
import { isBatch, splitBatch } from '../../lib/simulation/partial-batch.ts';

const split = (action: string, input: Json, fails: readonly boolean[]) => {
  let index = 0;
  return splitBatch({ service: 'dynamodb', action, input, caller: DEVELOPER }, () => fails[index++] === true);
};
const entry = (Id: string) => ({ Id, Message: Id });
const failed = (Id: string) => ({ Id, Code: 'InternalError', SenderFault: false, Message: 'Try again' });
const put = (id: string) => ({ PutRequest: { Item: { id: { S: id } } } });

describe('a batch of which a service does a part', () => {
  test('reports refused entries beside those that were published', () => {
    const part = split('PublishBatch', { TopicArn: 't', PublishBatchRequestEntries: ['a', 'b', 'c'].map(entry) }, [false, true, true]);
    expect(part.input).toEqual({ TopicArn: 't', PublishBatchRequestEntries: [entry('a')] });
    expect(part.complete({ Successful: [{ Id: 'a' }] })).toEqual({ Successful: [{ Id: 'a' }], Failed: [failed('b'), failed('c')] });
  });

  test('keeps the failures that the service reports by itself', () => {
    const part = split('SendMessageBatch', { Entries: [entry('a'), entry('b')] }, [true, false]);
    expect(part.complete({ Failed: [failed('b')] })).toMatchObject({ Failed: [failed('b'), failed('a')] });
  });

  test('may refuse every entry in an answer that is still a success', () => {
    const part = split('PublishBatch', { PublishBatchRequestEntries: [entry('a')] }, [true]);
    expect(part.input).toBeUndefined();
    expect(part.complete({})).toEqual({ Successful: [], Failed: [failed('a')] });
  });

  test('gives back the writes that DynamoDB left, and does one at least', () => {
    const part = split('BatchWriteItem', { RequestItems: { t: ['a', 'b'].map(put), u: [put('c')] } }, [true, true, true]);
    expect(part.input).toEqual({ RequestItems: { t: [put('a')] } });
    expect(part.complete({ UnprocessedItems: {} })).toEqual({ UnprocessedItems: { t: [put('b')], u: [put('c')] } });
  });

  test('gives back the keys that DynamoDB did not read, with how to read them', () => {
    const Keys = ['a', 'b'].map((id) => ({ id: { S: id } }));
    const part = split('BatchGetItem', { RequestItems: { t: { Keys, ConsistentRead: true } } }, [true]);
    expect(part.input).toEqual({ RequestItems: { t: { Keys: [Keys[0]], ConsistentRead: true } } });
    expect(part.complete({ Responses: {} })).toEqual({ Responses: {}, UnprocessedKeys: { t: { Keys: [Keys[1]], ConsistentRead: true } } });
  });

  test('is nothing that a single request can be', () => {
    expect(['PublishBatch', 'BatchGetItem', 'Publish', 'TransactWriteItems'].map(isBatch)).toEqual([true, true, false, false]);
  });
});
