import { createHash, createHmac } from 'node:crypto';

/** Keys of an account. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** A request with exactly the headers that are signed, names in lower case. */
export interface Signable {
  readonly method: string;
  /** As sent; the services of this tier are asked at `/`, which needs no encoding. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Where a signature holds. */
export interface Scope {
  readonly region: string;
  /** The signing name. */
  readonly service: string;
  /** `x-amz-date`, e.g. `20261123T120000Z`. */
  readonly time: string;
}

/** The Authorization header of Signature Version 4 (IAM User Guide, "Create a signed AWS API request"). */
export function authorizationOf(keys: Keys, request: Signable, { region, service, time }: Scope): string {
  const names = Object.keys(request.headers).sort();
  const canonical = [
    ...[request.method, request.path, ''],
    ...names.map((name) => `${name}:${request.headers[name]?.trim().replaceAll(/ +/g, ' ')}`),
    ...['', names.join(';'), sha256(request.body)],
  ].join('\n');
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(Buffer.from(canonical))].join('\n');
  const key = [time.slice(0, 8), region, service, 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${keys.secretAccessKey}`));
  return `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${hmac(key, text).toString('hex')}`;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
