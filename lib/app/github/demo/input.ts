import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join, relative } from 'node:path';
import { PosthasteError } from '../../../index.ts';
import { GITHUB_EVENTS } from '../github.messages.ts';
import type { Delivery } from './delivery.ts';
import { inferEvent } from './infer-event.ts';

/** The path given as input cannot be read as deliveries. */
export class InputError extends PosthasteError {
  constructor(message: string, options?: ErrorOptions) {
    super(
      `${message}; give a folder of JSON payloads, best named <event>.json or <event>.<anything>.json, or a file of JSON lines, best {"event": "push", "payload": {…}}`,
      {
        code: 'INPUT_UNREADABLE',
        ...options,
      },
    );
  }
}

interface ExampleSet {
  readonly name: string;
  readonly examples: readonly unknown[];
}

/** The example payloads that GitHub's community keeps: 58 events, 329 payloads (`@octokit/webhooks-examples`, MIT). */
export function exampleDeliveries(): readonly Delivery[] {
  const sets = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly ExampleSet[];
  return sets.flatMap(({ name, examples }) => examples.map((payload, index) => delivery(name, encode(payload), `${name}#${index}`)));
}

/** Reads the deliveries of a folder or a file. What cannot be understood is still delivered, byte for byte: refusing it is the gateway's work. */
export async function readDeliveries(path: string): Promise<readonly Delivery[]> {
  const info = await stat(path).catch((error: Error) => {
    throw new InputError(`the input path ${JSON.stringify(path)} does not exist or cannot be read (${error.message})`);
  });
  const deliveries = info.isDirectory() ? await readFolder(path) : await readOne(path, basename(path));
  if (deliveries.length === 0) throw new InputError(`the input path ${JSON.stringify(path)} holds no deliveries`);
  return deliveries;
}

async function readFolder(folder: string): Promise<readonly Delivery[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && /\.(json|jsonl|ndjson)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const read = await Promise.all(files.sort().map((file) => readOne(file, relative(folder, file))));
  return read.flat();
}

async function readOne(file: string, origin: string): Promise<readonly Delivery[]> {
  const bytes = await readFile(file);
  if (/\.(jsonl|ndjson)$/.test(file)) return readLines(bytes, origin);
  const parsed = parse(bytes);
  if (isExampleSets(parsed)) {
    return parsed.flatMap(({ name, examples }) =>
      examples.map((payload, index) => delivery(name, encode(payload), `${origin}:${name}#${index}`)),
    );
  }
  return [wrapped(parsed, origin) ?? delivery(eventOf(origin, parsed), bytes, origin)];
}

function readLines(bytes: Uint8Array, origin: string): readonly Delivery[] {
  return splitLines(bytes).flatMap(({ line, number }) => {
    const at = `${origin}:${number}`;
    const parsed = parse(line);
    return [wrapped(parsed, at) ?? delivery(eventOf(origin, parsed), line, at)];
  });
}

/** Lines as bytes: decoding a broken line would repair it. */
function splitLines(bytes: Uint8Array): readonly { readonly line: Uint8Array; readonly number: number }[] {
  const lines: { line: Uint8Array; number: number }[] = [];
  let start = 0;
  for (let number = 1; start < bytes.length; number += 1) {
    const found = bytes.indexOf(10, start);
    const end = found === -1 ? bytes.length : found;
    const line = bytes.subarray(start, end > start && bytes[end - 1] === 13 ? end - 1 : end);
    if (line.length > 0) lines.push({ line, number });
    start = end + 1;
  }
  return lines;
}

/** `{ event, payload, delivery? }`, also with GitHub's `name` for the event, as octokit's receivers spell it. */
function wrapped(value: unknown, origin: string): Delivery | undefined {
  if (typeof value !== 'object' || value === null || !('payload' in value)) return undefined;
  const { event, name, payload, delivery: given, id } = value as Record<string, unknown>;
  const kind = event ?? name;
  if (typeof kind !== 'string') return undefined;
  const key = given ?? id;
  return delivery(kind, encode(payload), origin, typeof key === 'string' ? key : undefined);
}

function delivery(event: string, body: Uint8Array, origin: string, id?: string): Delivery {
  return { id: id ?? deliveryId(event, origin, body), event, body, origin };
}

/** The same payload at the same place is the same delivery, so that a second run redelivers instead of repeating. */
function deliveryId(event: string, origin: string, body: Uint8Array): string {
  const hex = createHash('sha256').update(`${event}\n${origin}\n`).update(body).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** The event of a payload without its header: what its file is called, what its members tell, or the file's name for the gateway to refuse. */
function eventOf(origin: string, payload: unknown): string {
  const [name = ''] = basename(origin).split('.');
  return EVENT_NAMES.has(name) ? name : (inferEvent(payload) ?? name);
}

const EVENT_NAMES = new Set(GITHUB_EVENTS.map(({ name }) => name.replace(/^github\./, '').replaceAll('-', '_')));

function isExampleSets(value: unknown): value is readonly ExampleSet[] {
  return Array.isArray(value) && value.length > 0 && value.every((set) => typeof set?.name === 'string' && Array.isArray(set?.examples));
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

const encode = (payload: unknown): Uint8Array => Buffer.from(JSON.stringify(payload) ?? 'null');
