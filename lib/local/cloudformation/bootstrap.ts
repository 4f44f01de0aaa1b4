import { type Aws, AwsError, DEVELOPER, type Json, type ServiceName } from '../aws.ts';

/** The version that the bootstrap template of CDK CLI 2.1148 writes. */
const BOOTSTRAP_VERSION = '30';

const ROLES = ['deploy', 'file-publishing', 'image-publishing', 'lookup', 'cfn-exec'];

/**
 * Makes what `cdk bootstrap` makes, so that `cdk deploy` works at once: the asset bucket, the version parameter and the five roles.
 * What exists already stays.
 */
export function bootstrap(aws: Aws, qualifier = 'hnb659fds'): void {
  const { accountId, region } = aws.place;
  const make = (service: ServiceName, action: string, input: Json) => {
    try {
      aws.callNow({ service, action, input, caller: DEVELOPER });
    } catch (error) {
      if (!(error instanceof AwsError && /AlreadyExists|AlreadyOwned/.test(error.code))) throw error;
    }
  };
  make('s3', 'CreateBucket', { Bucket: `cdk-${qualifier}-assets-${accountId}-${region}` });
  make('ssm', 'PutParameter', { Name: `/cdk-bootstrap/${qualifier}/version`, Type: 'String', Value: BOOTSTRAP_VERSION });
  for (const name of ROLES) {
    const RoleName = `cdk-${qualifier}-${name}-role-${accountId}-${region}`;
    make('iam', 'CreateRole', { RoleName, AssumeRolePolicyDocument: JSON.stringify(trustOf(name, accountId)) });
    make('iam', 'AttachRolePolicy', { RoleName, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' });
  }
}

function trustOf(name: string, accountId: string): Json {
  const Principal = name === 'cfn-exec' ? { Service: 'cloudformation.amazonaws.com' } : { AWS: accountId };
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal }] };
}
