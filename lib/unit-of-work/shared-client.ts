import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { limitCalls } from '../retry/call-limit.ts';
import { CLIENT_SETTINGS } from '../retry/client-settings.ts';

let shared: DynamoDBClient | undefined;

/**
 * One DynamoDB client per process, made at the first call: connections are kept between invocations. It retries nothing itself, and gives
 * up on a call before the function's own time does.
 */
export function sharedDynamoDb(): DynamoDBClient {
  shared ??= limitCalls(new DynamoDBClient(CLIENT_SETTINGS));
  return shared;
}
