import { afterEach, describe, expect, test, vi } from 'vitest';
import { credentialsTreatedAsExpired, credentialsWillNeedRefresh, defaultProvider } from '../../lib/infra/lambda-credentials.ts';

const set = (values: Record<string, string>) => {
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ACCOUNT_ID'];
  for (const name of names) vi.stubEnv(name, values[name] ?? '');
};

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the credentials of a bundled handler', () => {
  test('are those of its environment, as they are at each call', async () => {
    const provide = defaultProvider();
    set({ AWS_ACCESS_KEY_ID: 'ASIA1', AWS_SECRET_ACCESS_KEY: 'one', AWS_SESSION_TOKEN: 'token', AWS_ACCOUNT_ID: '111111111111' });
    expect(await provide()).toEqual({ accessKeyId: 'ASIA1', secretAccessKey: 'one', sessionToken: 'token', accountId: '111111111111' });
    set({ AWS_ACCESS_KEY_ID: 'AKIA2', AWS_SECRET_ACCESS_KEY: 'two' });
    expect(await provide()).toEqual({ accessKeyId: 'AKIA2', secretAccessKey: 'two' });
  });

  test('are missed with the SDK’s own error name and a cure', async () => {
    set({ AWS_ACCESS_KEY_ID: 'AKIA2' });
    await expect(defaultProvider()()).rejects.toMatchObject({
      name: 'CredentialsProviderError',
      message: expect.stringMatching(/are not set; .*: elsewhere, set them/),
    });
  });

  test('never expire within one environment', () => {
    expect([credentialsWillNeedRefresh(), credentialsTreatedAsExpired()]).toEqual([false, false]);
  });
});
