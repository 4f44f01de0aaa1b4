import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { AwsError, type Json } from '../aws.ts';

/** A symmetric key. */
export interface KmsKey {
  readonly id: string;
  readonly arn: string;
  readonly material: Buffer;
  readonly description: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly manager: 'CUSTOMER' | 'AWS';
  readonly multiRegion: boolean;
  readonly tags: Map<string, string>;
  policy: string;
  isEnabled: boolean;
  rotationDays: number | undefined;
  /** Seconds since the epoch; the key is gone from then on. */
  deletionDate: number | undefined;
}

/** The material of a key, from its id alone, so that a simulated run makes the same ciphertexts. */
export const materialOf = (id: string): Buffer => createHash('sha256').update(`posthaste.kms:${id}`).digest();

/** The state that DescribeKey shows. */
export const stateOf = ({ isEnabled, deletionDate }: KmsKey): string =>
  deletionDate !== undefined ? 'PendingDeletion' : isEnabled ? 'Enabled' : 'Disabled';

/** Refuses to use a key that is disabled or about to be deleted. */
export function checkUsable(key: KmsKey): void {
  if (key.deletionDate !== undefined) throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
  if (!key.isEnabled) throw new AwsError('DisabledException', `${key.arn} is disabled.`);
}

const [ID_BYTES, IV_BYTES, TAG_BYTES] = [16, 12, 16];

/** The context is authenticated, not encrypted; its order does not matter (AWS KMS Developer Guide, "Encryption context"). */
function contextBytes(context: Json): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** Encrypts with AES-256-GCM; the ciphertext names its key, as KMS's do. */
export function seal(key: KmsKey, plaintext: Buffer, { context, nonce }: { context: Json; nonce: string }): Buffer {
  const iv = createHash('sha256').update(nonce).digest().subarray(0, IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.material, iv).setAAD(contextBytes(context));
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.from(key.id.replaceAll('-', ''), 'hex'), iv, cipher.getAuthTag(), sealed]);
}

/** The id of the key that made a ciphertext. */
export function keyIdIn(ciphertext: Buffer): string {
  const hex = ciphertext.subarray(0, ID_BYTES).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Decrypts what `seal` made; refuses every other bytes and every other context. */
export function unseal(key: KmsKey, ciphertext: Buffer, context: Json): Buffer {
  try {
    const iv = ciphertext.subarray(ID_BYTES, ID_BYTES + IV_BYTES);
    const tag = ciphertext.subarray(ID_BYTES + IV_BYTES, ID_BYTES + IV_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key.material, iv).setAAD(contextBytes(context)).setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext.subarray(ID_BYTES + IV_BYTES + TAG_BYTES)), decipher.final()]);
  } catch {
    throw new AwsError('InvalidCiphertextException', '');
  }
}
