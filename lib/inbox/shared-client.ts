import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { InboxClient } from './inbox.dynamodb.ts';

let shared: DynamoDBClient | undefined;

/**
 * One DynamoDB client per process, made at the first call: connections are kept between invocations. It retries nothing itself, and gives
 * up on a call before the function's own time does.
 */
export function sharedDynamoDb(): InboxClient {
  shared ??= new DynamoDBClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });
  return shared;
}
