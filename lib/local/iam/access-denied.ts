import { AwsError, type Caller, type ServiceName } from '../aws.ts';
import { callerName, type Decision } from './decide.ts';
import type { Requirement } from './requirements/requirement.ts';

interface Refusal {
  readonly code: string;
  readonly status: number;
}

/** How each service names a refusal (its API reference, Common Errors); the JSON 1.0 and 1.1 services of old answer with status 400. */
const REFUSALS: Readonly<Record<ServiceName, Refusal>> = {
  sqs: { code: 'AccessDenied', status: 403 },
  sns: { code: 'AuthorizationErrorException', status: 403 },
  dynamodb: { code: 'AccessDeniedException', status: 400 },
  dynamodbstreams: { code: 'AccessDeniedException', status: 400 },
  s3: { code: 'AccessDenied', status: 403 },
  lambda: { code: 'AccessDeniedException', status: 403 },
  scheduler: { code: 'AccessDeniedException', status: 403 },
  cloudformation: { code: 'AccessDenied', status: 403 },
  sts: { code: 'AccessDenied', status: 403 },
  iam: { code: 'AccessDenied', status: 403 },
  ssm: { code: 'AccessDeniedException', status: 400 },
  kms: { code: 'AccessDeniedException', status: 400 },
  logs: { code: 'AccessDeniedException', status: 400 },
  cloudwatch: { code: 'AccessDenied', status: 403 },
  ecr: { code: 'AccessDeniedException', status: 400 },
};

/** The refusals that mean the resource's key, where a service has a name for it (SQS and SNS API references). */
const KEY_REFUSALS: Partial<Record<ServiceName, Refusal>> = {
  sqs: { code: 'KmsAccessDenied', status: 400 },
  sns: { code: 'KMSAccessDeniedException', status: 400 },
};

/** What was refused to whom. */
export interface RefusedRequest {
  readonly service: ServiceName;
  readonly caller: Caller;
  readonly requirement: Requirement;
  readonly decision: Decision;
}

/** The refusal in AWS's words (IAM User Guide: Troubleshoot access denied error messages). */
export function accessDenied({ service, caller, requirement, decision }: RefusedRequest): AwsError {
  const aboutKey = service !== 'kms' && requirement.kind === 'key';
  const { code, status } = (aboutKey ? KEY_REFUSALS[service] : undefined) ?? REFUSALS[service];
  const action = service === 'sns' && !aboutKey ? requirement.action.replace(/^sns:/, 'SNS:') : requirement.action;
  const where = requirement.resource === undefined ? '' : ` on resource: ${requirement.resource}`;
  const reason = decision.reason.replace(requirement.action, action);
  return new AwsError(code, `User: ${callerName(caller)} is not authorized to perform: ${action}${where} ${reason}`, { status });
}
