import type { AwsRequest, Place, ServiceName } from '../aws.ts';
import { dynamoDbRequirements, dynamoDbStreamsRequirements } from './requirements/dynamodb.ts';
import { lambdaRequirements } from './requirements/lambda.ts';
import {
  cloudformationRequirements,
  cloudwatchRequirements,
  ecrRequirements,
  iamRequirements,
  kmsRequirements,
  logsRequirements,
  schedulerRequirements,
  ssmRequirements,
  stsRequirements,
} from './requirements/others.ts';
import type { Requirement, RequirementRule } from './requirements/requirement.ts';
import { s3Requirements } from './requirements/s3.ts';
import { snsRequirements } from './requirements/sns.ts';
import { sqsRequirements } from './requirements/sqs.ts';

const RULES: Readonly<Record<ServiceName, RequirementRule>> = {
  sqs: sqsRequirements,
  sns: snsRequirements,
  dynamodb: dynamoDbRequirements,
  dynamodbstreams: dynamoDbStreamsRequirements,
  s3: s3Requirements,
  lambda: lambdaRequirements,
  scheduler: schedulerRequirements,
  cloudformation: cloudformationRequirements,
  sts: stsRequirements,
  iam: iamRequirements,
  ssm: ssmRequirements,
  kms: kmsRequirements,
  logs: logsRequirements,
  cloudwatch: cloudwatchRequirements,
  ecr: ecrRequirements,
};

/**
 * The permissions that a request needs, as the Service Authorization Reference maps operations to actions and resources.
 *
 * @example
 * requirements({ service: 'sqs', action: 'SendMessageBatch', … }, place) // => [{ action: 'sqs:SendMessage', resource: queueArn, … }]
 */
export function requirements(request: AwsRequest, place: Place): readonly Requirement[] {
  return RULES[request.service](request, place);
}
