import { describe, expect, test } from 'vitest';
import { systemIds } from '../../../lib/core/ids.ts';
import { LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { createIam } from '../../../lib/local/iam/iam.ts';
import { createFakeClock, FAKE_START } from '../fake-clock.ts';

const TRUST = JSON.stringify({
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
});
const DOCUMENT = JSON.stringify({ Statement: [{ Effect: 'Allow', Action: 'sqs:*', Resource: '*' }] });
const BASIC = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';

function account() {
  const iam = createIam({ clock: createFakeClock(), ids: systemIds, place: LOCAL_PLACE });
  const call = (action: string, input: Record<string, unknown> = {}) => iam.call({ action, input });
  call('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST, Path: '/svc/', Tags: [{ Key: 'a', Value: 'b' }] });
  return { iam, call };
}

describe('roles', () => {
  test('show their ARN with the path, and their trust policy URL-encoded', () => {
    const role = account().call('GetRole', { RoleName: 'r' })['Role'] as Record<string, unknown>;
    expect(role['Arn']).toBe('arn:aws:iam::000000000000:role/svc/r');
    expect(role['AssumeRolePolicyDocument']).toBe(encodeURIComponent(TRUST));
    expect(role['CreateDate']).toBe(FAKE_START / 1000);
    expect(role['Tags']).toEqual([{ Key: 'a', Value: 'b' }]);
  });

  test('exist once, and go only without policies', () => {
    const { call } = account();
    expect(() => call('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST })).toThrow('Role with name r already exists.');
    call('PutRolePolicy', { RoleName: 'r', PolicyName: 'p', PolicyDocument: DOCUMENT });
    expect(() => call('DeleteRole', { RoleName: 'r' })).toThrow('must delete policies first');
    call('DeleteRolePolicy', { RoleName: 'r', PolicyName: 'p' });
    call('DeleteRole', { RoleName: 'r' });
    expect(() => call('GetRole', { RoleName: 'r' })).toThrow('The role with name r cannot be found.');
  });

  test('a malformed policy is refused', () => {
    const { call } = account();
    const put = (PolicyDocument: string) => call('PutRolePolicy', { RoleName: 'r', PolicyName: 'p', PolicyDocument });
    expect(() => put('{')).toThrow('invalid Json');
    expect(() => put('{"Statement":[{"Effect":"Perhaps","Action":"*"}]}')).toThrow('Allow or Deny');
  });
});

describe('managed policies', () => {
  test('of AWS attach by ARN and come into force', () => {
    const { iam, call } = account();
    call('AttachRolePolicy', { RoleName: 'r', PolicyArn: BASIC });
    expect(call('ListAttachedRolePolicies', { RoleName: 'r' })['AttachedPolicies']).toEqual([
      { PolicyName: 'AWSLambdaBasicExecutionRole', PolicyArn: BASIC },
    ]);
    expect(iam.identityPoliciesOf('arn:aws:iam::000000000000:role/svc/r')?.policies).toHaveLength(1);
  });

  test('of the account must exist, keep five versions, and stay while attached', () => {
    const { call } = account();
    expect(() => call('AttachRolePolicy', { RoleName: 'r', PolicyArn: 'arn:aws:iam::000000000000:policy/none' })).toThrow(
      'does not exist or is not attachable',
    );
    const { Arn: PolicyArn } = call('CreatePolicy', { PolicyName: 'mine', PolicyDocument: DOCUMENT })['Policy'] as Record<string, unknown>;
    call('AttachRolePolicy', { RoleName: 'r', PolicyArn });
    for (let version = 2; version <= 5; version++) call('CreatePolicyVersion', { PolicyArn, PolicyDocument: DOCUMENT, SetAsDefault: true });
    expect(() => call('CreatePolicyVersion', { PolicyArn, PolicyDocument: DOCUMENT })).toThrow('up to 5 versions');
    expect(() => call('DeletePolicy', { PolicyArn })).toThrow('Cannot delete a policy attached to entities.');
    expect((call('GetPolicy', { PolicyArn })['Policy'] as Record<string, unknown>)['DefaultVersionId']).toBe('v5');
  });
});

test('an unknown action is refused by name', () => {
  expect(() => account().call('CreateUser')).toThrow('Could not find operation CreateUser');
});
