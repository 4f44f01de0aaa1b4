/**
 * Bundles get this in place of `@aws-sdk/credential-provider-node`. Lambda hands a function its role's credentials in the environment and
 * nowhere else; the SDK's default chain also carries profiles, SSO and two more clients for them: a third of a bundle that no function ever
 * runs.
 */

/** What SigV4 signs with. */
export interface LambdaCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly accountId?: string;
}

/** Reads the credentials of the function's role, on every call: nothing is kept that could go stale. */
export const defaultProvider = () => async (): Promise<LambdaCredentials> => {
  const env = process.env;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey) {
    const message =
      'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; this bundle runs on Lambda, which sets them: elsewhere, set them or pass "credentials" to the client';
    throw Object.assign(new Error(message), { name: 'CredentialsProviderError' });
  }
  const { AWS_SESSION_TOKEN: sessionToken, AWS_ACCOUNT_ID: accountId } = env;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }), ...(accountId && { accountId }) };
};

/** Credentials from the environment carry no end: Lambda replaces the whole environment before they expire. */
export const credentialsWillNeedRefresh = (): boolean => false;

/** As above. */
export const credentialsTreatedAsExpired = (): boolean => false;
