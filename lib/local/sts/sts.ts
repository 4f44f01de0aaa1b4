import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import { AwsError, type AwsRequest, type Caller, type Engine, type Json, type Place } from '../aws.ts';

/** What the engine needs from outside. */
export interface StsDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
}

/** Temporary credentials of a role's session. */
export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** The STS engine; it is also the register of access keys that name a role. */
export interface Sts extends Engine {
  /** Makes credentials whose access key id names the role, e.g. for a function's environment. They never expire. */
  issue(roleArn: string, sessionName: string): SessionCredentials;
  /** Whose key it is; undefined for a key that was not issued here, or whose session is over. */
  callerOf(accessKeyId: string): Caller | undefined;
}

interface Session {
  readonly caller: Caller;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** AWS STS API Reference, AssumeRole. */
const [MIN_SECONDS, DEFAULT_SECONDS, MAX_SECONDS] = [900, 3_600, 43_200];

/**
 * Security Token Service: who am I, and become a role. Keys derive from the ids, so that a simulated run issues the same ones.
 *
 * @example
 * const sts = createSts({ clock, ids, place });
 * sts.callerOf(sts.issue('arn:aws:iam::000000000000:role/r', 'fn').accessKeyId); // => { kind: 'role', roleArn: …, sessionName: 'fn' }
 */
export function createSts({ clock, ids, place }: StsDeps): Sts {
  const sessions = new Map<string, Session>();

  function open(caller: Caller, expires: number): SessionCredentials {
    const credentials = credentialsFrom(ids.next());
    sessions.set(credentials.accessKeyId, { caller, expires });
    return credentials;
  }

  function assumeRole(input: Json): Json {
    const { RoleArn: roleArn, RoleSessionName: sessionName, DurationSeconds: seconds = DEFAULT_SECONDS } = input;
    if (typeof roleArn !== 'string' || !/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/.test(roleArn))
      throw invalid('RoleArn', roleArn, 'an ARN of a role');
    if (typeof sessionName !== 'string' || !/^[\w+=,.@-]{2,64}$/.test(sessionName))
      throw invalid('RoleSessionName', sessionName, '2 to 64 of the characters [\\w+=,.@-]');
    if (typeof seconds !== 'number' || seconds < MIN_SECONDS || seconds > MAX_SECONDS)
      throw invalid('DurationSeconds', seconds, `${MIN_SECONDS} to ${MAX_SECONDS}`);
    const expires = clock.now() + seconds * 1000;
    const credentials = open({ kind: 'role', roleArn, sessionName }, expires);
    const id = roleIdOf(roleArn);
    return {
      Credentials: {
        AccessKeyId: credentials.accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        SessionToken: credentials.sessionToken,
        Expiration: Math.floor(expires / 1000),
      },
      AssumedRoleUser: { AssumedRoleId: `${id}:${sessionName}`, Arn: sessionArn(roleArn, sessionName) },
      PackedPolicySize: 0,
    };
  }

  function callerIdentity(caller: Caller): Json {
    if (caller.kind !== 'role') return { UserId: place.accountId, Account: place.accountId, Arn: `arn:aws:iam::${place.accountId}:root` };
    const sessionName = caller.sessionName ?? 'session';
    const Account = caller.roleArn.split(':')[4] ?? place.accountId;
    return { UserId: `${roleIdOf(caller.roleArn)}:${sessionName}`, Account, Arn: sessionArn(caller.roleArn, sessionName) };
  }

  return {
    service: 'sts',
    issue: (roleArn, sessionName) => open({ kind: 'role', roleArn, sessionName }, Number.POSITIVE_INFINITY),
    callerOf(accessKeyId) {
      const session = sessions.get(accessKeyId);
      return session !== undefined && clock.now() < session.expires ? session.caller : undefined;
    },
    call({ action, input, caller }: AwsRequest) {
      if (action === 'AssumeRole') return assumeRole(input);
      if (action === 'GetCallerIdentity') return callerIdentity(caller);
      if (action === 'GetAccessKeyInfo') return { Account: place.accountId };
      throw new AwsError('InvalidAction', `Could not find operation ${action} for version 2011-06-15`);
    },
  };
}

/** Temporary access keys start with ASIA (IAM User Guide, "Understanding unique ID prefixes"). */
function credentialsFrom(id: string): SessionCredentials {
  const hash = createHash('sha512').update(id).digest();
  return {
    accessKeyId: `ASIA${upperCaseId(hash)}`,
    secretAccessKey: hash.subarray(16, 46).toString('base64'),
    sessionToken: hash.toString('base64url'),
  };
}

const roleIdOf = (roleArn: string): string => `AROA${upperCaseId(createHash('sha512').update(roleArn).digest())}`;

/** Sixteen of the characters A–Z and 2–7, as AWS's identifiers have them. */
function upperCaseId(bytes: Buffer): string {
  return Array.from(bytes.subarray(0, 16), (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte & 31]).join('');
}

/** `arn:aws:iam::1:role/path/r` → `arn:aws:sts::1:assumed-role/r/session` */
function sessionArn(roleArn: string, sessionName: string): string {
  const [, partition, , , account, resource = ''] = roleArn.split(':');
  return `arn:${partition}:sts::${account}:assumed-role/${resource.split('/').at(-1)}/${sessionName}`;
}

const invalid = (member: string, value: unknown, allowed: string) =>
  new AwsError(
    'ValidationError',
    `1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: Member must be ${allowed}`,
  );
