import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GITHUB_ENV } from '../lib/app/github/github.contract.ts';
import { GITHUB_EVENTS } from '../lib/app/github/github.messages.ts';
import { receiveWebhook } from '../lib/app/github/receive-webhook.ts';
import { createOutbox, requiredEnv } from '../lib/index.ts';

const ssm = new SSMClient();
const parameter = { Name: requiredEnv(GITHUB_ENV.webhookSecretParameter, 'GithubStack'), WithDecryption: true };
let secret: Promise<string> | undefined;

async function readSecret(): Promise<string> {
  const { Parameter } = await ssm.send(new GetParameterCommand(parameter));
  return Parameter?.Value ?? '';
}

export const handler = receiveWebhook({
  outbox: createOutbox(),
  events: GITHUB_EVENTS,
  secret: () => {
    secret ??= readSecret().catch((error) => {
      secret = undefined;
      throw error;
    });
    return secret;
  },
});
