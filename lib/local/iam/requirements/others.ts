import type { Json, Place } from '../../aws.ts';
import { arnAt, passRole, plain, type Requirement, type RequirementRule, record, text } from './requirement.ts';

/** What an EventBridge Scheduler request needs; a schedule's target role must be passable. */
export const schedulerRequirements: RequirementRule = ({ action, input }, place) => {
  const passed = passRole(record(input, 'Target')['RoleArn'], 'scheduler.amazonaws.com');
  return [plain(`scheduler:${action}`, schedulerArn(action, input, place)), ...passed];
};

function schedulerArn(action: string, input: Json, place: Place): string {
  const given = text(input, 'ResourceArn');
  if (given !== undefined) return given;
  const name = text(input, 'Name');
  if (action.endsWith('ScheduleGroup')) return arnAt(place, 'scheduler', `schedule-group/${name ?? '*'}`);
  return name === undefined ? '*' : arnAt(place, 'scheduler', `schedule/${text(input, 'GroupName') ?? 'default'}/${name}`);
}

/** What a KMS request needs; `KeyId` may be an id, an alias or an ARN, which the authoriser turns into the key's ARN. */
export const kmsRequirements: RequirementRule = ({ action, input }, place) => {
  const keyId = text(input, 'KeyId') ?? text(input, 'TargetKeyId');
  if (action === 'CreateKey' || action.startsWith('List') || keyId === undefined)
    return [{ action: `kms:${action}`, resource: keyId === undefined ? '*' : keyId, kind: 'none' }];
  const resource = keyId.startsWith('arn:') ? keyId : arnAt(place, 'kms', keyId.startsWith('alias/') ? keyId : `key/${keyId}`);
  return [{ action: `kms:${action}`, resource, kind: 'key' }];
};

/** What a CloudWatch Logs request needs: group-level actions are decided on `log-group:NAME:log-stream:`. */
export const logsRequirements: RequirementRule = ({ action, input }, place) => {
  const byArn = text(input, 'logGroupIdentifier') ?? text(input, 'resourceArn');
  const group = text(input, 'logGroupName') ?? byArn?.split(':log-group:')[1]?.replace(/:\*$/, '') ?? byArn;
  if (group === undefined) return [plain(`logs:${action}`, arnAt(place, 'logs', 'log-group::log-stream:'))];
  return [plain(`logs:${action}`, arnAt(place, 'logs', `log-group:${group}:log-stream:${text(input, 'logStreamName') ?? ''}`))];
};

/** What a Parameter Store request needs, on each parameter. */
export const ssmRequirements: RequirementRule = ({ action, input }, place) => {
  const names = Array.isArray(input['Names']) ? input['Names'].map(String) : [];
  const one = text(input, 'Name') ?? text(input, 'Path') ?? text(input, 'ResourceId');
  const wanted = one === undefined ? names : [one];
  if (wanted.length === 0) return [plain(`ssm:${action}`, arnAt(place, 'ssm', '*'))];
  return wanted.map((name) =>
    plain(`ssm:${action}`, name.startsWith('arn:') ? name : arnAt(place, 'ssm', `parameter/${name.replace(/^\//, '')}`)),
  );
};

/** What an STS request needs; `GetCallerIdentity` needs nothing (STS API Reference). */
export const stsRequirements: RequirementRule = ({ action, input }) => {
  if (action === 'GetCallerIdentity') return [];
  const resource = text(input, 'RoleArn');
  return [{ action: `sts:${action}`, resource: resource ?? '*', kind: resource === undefined ? 'none' : 'role' }];
};

/** What an IAM request needs, on the role or the policy it names. */
export const iamRequirements: RequirementRule = ({ action, input }, place) => {
  const account = `arn:aws:iam::${place.accountId}`;
  const role = text(input, 'RoleName');
  const policy = text(input, 'PolicyName');
  if (role !== undefined)
    return [plain(`iam:${action}`, `${account}:role${text(input, 'Path') ?? '/'}${role}`, { 'iam:PolicyARN': text(input, 'PolicyArn') })];
  return [
    plain(
      `iam:${action}`,
      text(input, 'PolicyArn') ?? (policy === undefined ? '*' : `${account}:policy${text(input, 'Path') ?? '/'}${policy}`),
    ),
  ];
};

/** What a CloudWatch request needs; metrics have no ARN. */
export const cloudwatchRequirements: RequirementRule = ({ action, input }, place) => {
  const alarm = text(input, 'AlarmName');
  const namespace = { 'cloudwatch:namespace': text(input, 'Namespace') };
  return [plain(`cloudwatch:${action}`, alarm === undefined ? '*' : arnAt(place, 'cloudwatch', `alarm:${alarm}`), namespace)];
};

/** What a CloudFormation request needs, on the stack it names. */
export const cloudformationRequirements: RequirementRule = ({ action, input }, place) => {
  const stack = text(input, 'StackName');
  const resource = stack === undefined || stack.startsWith('arn:') ? (stack ?? '*') : arnAt(place, 'cloudformation', `stack/${stack}/*`);
  return [plain(`cloudformation:${action}`, resource), ...passRole(input['RoleARN'], 'cloudformation.amazonaws.com')];
};

/** What an ECR request needs, on the repository it names. */
export const ecrRequirements: RequirementRule = ({ action, input }, place) => {
  const name = text(input, 'repositoryName');
  return [plain(`ecr:${action}`, name === undefined ? '*' : arnAt(place, 'ecr', `repository/${name}`)) satisfies Requirement];
};
