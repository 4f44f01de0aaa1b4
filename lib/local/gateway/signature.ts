import { type HttpRequest, headerOf } from './exchange.ts';

/** Who signed a request and for which service, as the credential scope says; nothing is verified. */
export interface Credential {
  readonly accessKeyId: string;
  /** The signing name, e.g. `sqs`, `monitoring`, `s3`. */
  readonly signingName: string;
}

/**
 * Reads the credential scope `<access key>/<date>/<region>/<service>/aws4_request` of a Signature Version 4 request, from the
 * Authorization header or, in a presigned URL, from the query string (IAM User Guide, "Elements of an AWS API request signature").
 */
export function credentialOf(request: Pick<HttpRequest, 'headers' | 'query'>): Credential | undefined {
  const authorization = headerOf(request.headers, 'authorization');
  const scope = authorization === undefined ? request.query.get('X-Amz-Credential') : /Credential=([^,\s]+)/.exec(authorization)?.[1];
  if (!scope) return undefined;
  const parts = scope.split('/');
  // SigV4A leaves the region out of the scope, so the service is counted from the end.
  const [accessKeyId, signingName] = [parts[0], parts.at(-2)];
  return accessKeyId && signingName ? { accessKeyId, signingName } : undefined;
}
