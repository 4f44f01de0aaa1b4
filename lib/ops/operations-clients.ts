import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { limitCalls } from '../retry/call-limit.ts';
import { CLIENT_SETTINGS, SQS_CLIENT_SETTINGS } from '../retry/client-settings.ts';

/** Clients of every service that operations use. */
export const operationsClients = () => ({
  dynamodb: limitCalls(new DynamoDBClient(CLIENT_SETTINGS)),
  sqs: limitCalls(new SQSClient(SQS_CLIENT_SETTINGS)),
  s3: limitCalls(new S3Client(CLIENT_SETTINGS)),
  ssm: limitCalls(new SSMClient(CLIENT_SETTINGS)),
  cloudwatch: limitCalls(new CloudWatchClient(CLIENT_SETTINGS)),
  lambda: limitCalls(new LambdaClient(CLIENT_SETTINGS)),
});
