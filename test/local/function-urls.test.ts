import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEVELOPER, type Json } from '../../lib/local/aws.ts';
import { type LocalAws, startLocalAws } from '../../lib/local/local-aws.ts';

let local: LocalAws;
const ROLE = 'arn:aws:iam::000000000000:role/echo';
const lambda = (action: string, input: Json) => local.aws.call({ service: 'lambda', action, input, caller: DEVELOPER });

async function deployUrl(name: string, authType: 'NONE' | 'AWS_IAM'): Promise<string> {
  await lambda('CreateFunction', {
    FunctionName: name,
    Role: ROLE,
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Code: { LocalDirectory: echo },
  });
  const { FunctionUrl } = await lambda('CreateFunctionUrlConfig', { FunctionName: name, AuthType: authType });
  return String(FunctionUrl);
}

const echo = new URL('./echo-function', import.meta.url).pathname;

beforeAll(async () => {
  local = await startLocalAws({ port: 0 });
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  };
  local.aws.callNow({
    service: 'iam',
    action: 'CreateRole',
    input: { RoleName: 'echo', AssumeRolePolicyDocument: JSON.stringify(trust) },
    caller: DEVELOPER,
  });
});
afterAll(() => local.close());

test('a public URL answers only once the policy allows everybody both actions', async () => {
  const url = await deployUrl('public-echo', 'NONE');
  expect((await fetch(url)).status).toBe(403);
  const everybody = { FunctionName: 'public-echo', Principal: '*' };
  await lambda('AddPermission', { ...everybody, StatementId: 'url', Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE' });
  expect((await fetch(url)).status).toBe(403);
  await lambda('AddPermission', { ...everybody, StatementId: 'function', Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true });
  const answer = await fetch(`${url}orders?id=1`, { method: 'POST', body: '{"total":3}', headers: { 'content-type': 'application/json' } });
  expect(await answer.json()).toEqual({ path: '/orders', query: 'id=1', body: '{"total":3}' });
});

test('a URL with IAM authorisation refuses the unsigned and lets the developer in', async () => {
  const url = await deployUrl('private-echo', 'AWS_IAM');
  expect((await fetch(url)).status).toBe(403);
  const authorization = 'AWS4-HMAC-SHA256 Credential=me/20300101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0';
  expect((await fetch(url, { headers: { authorization } })).status).toBe(200);
});
