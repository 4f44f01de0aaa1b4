import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { unzipSync } from 'fflate';
import { type Aws, AwsError, type Caller, type Json } from '../aws.ts';

/** The code of one version, as a directory on this machine. */
export interface CodeBundle {
  /** Absolute, without symbolic links. */
  readonly directory: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Turns the `Code` of an API call into a directory. */
export interface CodeSource {
  /**
   * Takes `LocalDirectory` (used as it is), `ZipFile` (base64) or `S3Bucket` and `S3Key`.
   * Archives are read as `caller`.
   */
  load(code: Json, caller: Caller): CodeBundle | Promise<CodeBundle>;
  /** Removes what it unpacked. */
  close(): void;
}

/** The limits of a package (Lambda guide, "Lambda quotas"). */
const MAX_UNZIPPED_BYTES = 262_144_000;

/** A source that unpacks archives under the machine's directory for temporary files. */
export function createCodeSource(aws: () => Aws): CodeSource {
  let root: string | undefined;

  function unpack(files: Readonly<Record<string, Uint8Array>>, archive: Uint8Array): CodeBundle {
    root ??= realpathSync(mkdtempSync(join(tmpdir(), 'posthaste-lambda-')));
    const directory = mkdtempSync(join(root, 'code-'));
    for (const [name, content] of Object.entries(files)) {
      const path = resolve(directory, name);
      if (!path.startsWith(directory + sep)) throw unreadable();
      if (name.endsWith('/')) continue;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    return { directory, sha256: sha256(archive), bytes: archive.byteLength };
  }

  function unzip(archive: Uint8Array): CodeBundle {
    const files = readZip(archive);
    const total = Object.values(files).reduce((sum, file) => sum + file.byteLength, 0);
    if (total > MAX_UNZIPPED_BYTES) throw invalid(`Unzipped size must be smaller than ${MAX_UNZIPPED_BYTES} bytes`);
    if (Object.keys(files).length === 0) throw invalid('Uploaded file must be a non-empty zip');
    return unpack(files, archive);
  }

  async function fetchArchive(code: Json, caller: Caller): Promise<CodeBundle> {
    const version = code['S3ObjectVersion'] === undefined ? {} : { VersionId: code['S3ObjectVersion'] };
    const input = { Bucket: code['S3Bucket'], Key: code['S3Key'], ...version };
    try {
      const output = await aws().call({ service: 's3', action: 'GetObject', input, caller });
      return unzip(output['Body'] as Uint8Array);
    } catch (error) {
      if (!(error instanceof AwsError) || error.code === 'InvalidParameterValueException') throw error;
      throw invalid(`Error occurred while GetObject. S3 Error Code: ${error.code}. S3 Error Message: ${error.message}`);
    }
  }

  return {
    load(code, caller) {
      if (typeof code['LocalDirectory'] === 'string') return localDirectory(code['LocalDirectory']);
      if (typeof code['ZipFile'] === 'string') return unzip(Buffer.from(code['ZipFile'], 'base64'));
      if (typeof code['S3Bucket'] === 'string' && typeof code['S3Key'] === 'string') return fetchArchive(code, caller);
      throw invalid('Please provide a source for function code.');
    },
    close() {
      if (root !== undefined) rmSync(root, { recursive: true, force: true });
      root = undefined;
    },
  };
}

function localDirectory(path: string): CodeBundle {
  if (!existsSync(path) || !statSync(path).isDirectory()) throw invalid(`The code directory ${path} does not exist.`);
  const directory = realpathSync(path);
  return { directory, sha256: sha256(Buffer.from(directory)), bytes: 0 };
}

function readZip(archive: Uint8Array): Readonly<Record<string, Uint8Array>> {
  try {
    return unzipSync(archive);
  } catch {
    throw unreadable();
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

function unreadable(): AwsError {
  return invalid('Could not unzip uploaded file. Please check your file, then try to upload again.');
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}
