import type { PolicyDocument } from './policy-document.ts';

const LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

const NETWORK_INTERFACES = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

const XRAY = [
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:GetSamplingStatisticSummaries',
];

/**
 * The AWS managed policies that functions and bootstrap roles use, after the AWS Managed Policy Reference, for the services that
 * exist here. Names are what follows `arn:aws:iam::aws:policy/`.
 */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'service-role/AWSLambdaBasicExecutionRole': LOGS,
  'service-role/AWSLambdaSQSQueueExecutionRole': ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', ...LOGS],
  'service-role/AWSLambdaDynamoDBExecutionRole': [
    'dynamodb:DescribeStream',
    'dynamodb:GetRecords',
    'dynamodb:GetShardIterator',
    'dynamodb:ListStreams',
    ...LOGS,
  ],
  'service-role/AWSLambdaVPCAccessExecutionRole': [...LOGS, ...NETWORK_INTERFACES],
  'service-role/AWSLambdaBasicDurableExecutionRolePolicy': [
    ...LOGS,
    'lambda:CheckpointDurableExecution',
    'lambda:GetDurableExecutionState',
  ],
  'service-role/AWSLambdaRole': ['lambda:InvokeFunction'],
  CloudWatchLambdaInsightsExecutionRolePolicy: LOGS,
  CloudWatchLambdaApplicationSignalsExecutionRolePolicy: [...XRAY, ...LOGS],
  AWSXRayDaemonWriteAccess: XRAY,
  AmazonSQSFullAccess: ['sqs:*'],
  AmazonSNSFullAccess: ['sns:*'],
  AmazonDynamoDBFullAccess: ['dynamodb:*'],
  AmazonS3FullAccess: ['s3:*'],
  AmazonS3ReadOnlyAccess: ['s3:Get*', 's3:List*', 's3:Describe*'],
  AWSLambda_FullAccess: ['lambda:*'],
  CloudWatchLogsFullAccess: ['logs:*'],
  AmazonSSMReadOnlyAccess: ['ssm:Describe*', 'ssm:Get*', 'ssm:List*'],
  AdministratorAccess: ['*'],
};

/** The document of an AWS managed policy, by its ARN; undefined for one that is not known here. */
export function managedPolicy(arn: string): PolicyDocument | undefined {
  const name = /^arn:[^:]+:iam::aws:policy\/(.+)$/.exec(arn)?.[1];
  const Action = name === undefined ? undefined : ACTIONS[name];
  return Action === undefined ? undefined : { Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource: '*' } };
}
