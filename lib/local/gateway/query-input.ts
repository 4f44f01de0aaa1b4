import { AwsError, type Json } from '../aws.ts';
import type { QueryShape } from './query-shapes.ts';

/** A form's keys split at their dots: a leaf is text. */
type Tree = Map<string, Tree | string>;

/** More levels than any API has; each one is a function that calls itself. */
const MAX_LEVELS = 64;

/** Not input: the action itself and the signatures of older clients. */
const ENVELOPE = new Set(['Action', 'Version', 'AWSAccessKeyId', 'Signature', 'SignatureMethod', 'SignatureVersion', 'SecurityToken']);

/**
 * Reads the input of a query protocol request: `Entries.member.1.Id=a` becomes `{ Entries: [{ Id: 'a' }] }`, `Attributes.entry.1.key=k`
 * becomes a map (Smithy documentation, "AWS query protocol").
 */
export function readQueryInput(form: URLSearchParams, shape: QueryShape): Json {
  const root: Tree = new Map();
  for (const [key, value] of form) {
    if (ENVELOPE.has(key) || key.startsWith('X-Amz-')) continue;
    const path = key.split('.');
    if (path.length > MAX_LEVELS)
      throw new AwsError('MalformedInput', `A parameter has ${path.length} levels, at most ${MAX_LEVELS} are read.`);
    plant(root, path, value);
  }
  return structure(root, '', shape);
}

function plant(root: Tree, path: readonly string[], value: string): void {
  let node = root;
  for (const step of path.slice(0, -1)) {
    const next = node.get(step);
    if (next instanceof Map) {
      node = next;
    } else {
      const fresh: Tree = new Map();
      node.set(step, fresh);
      node = fresh;
    }
  }
  const last = path.at(-1) ?? '';
  if (!(node.get(last) instanceof Map)) node.set(last, value);
}

/** What the table itself says of a name, not what every object inherits. */
function own<T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Sets a member, also one named `__proto__`, which plain assignment would turn into the object's prototype. */
function setMember(object: Json, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
}

function structure(tree: Tree, parent: string, shape: QueryShape): Json {
  const result: Json = {};
  for (const [name, node] of tree) {
    const map = node instanceof Map ? own(shape.flat?.maps, name) : undefined;
    const list = node instanceof Map ? own(shape.flat?.lists, name) : undefined;
    if (map !== undefined) result[map.member] = mapOf(node as Tree, map.member, shape);
    else if (list !== undefined) result[list] = listOf(node as Tree, list, shape);
    else setMember(result, name, readNode(node, { name, parent }, shape));
  }
  return result;
}

function readNode(node: Tree | string, at: { name: string; parent: string }, shape: QueryShape): unknown {
  if (typeof node === 'string') return scalar(node, at, shape);
  const members = node.get('member');
  if (members instanceof Map) return listOf(members, at.name, shape);
  const entries = node.get('entry');
  if (entries instanceof Map) return mapOf(entries, at.name, shape);
  return structure(node, at.name, shape);
}

function listOf(tree: Tree, name: string, shape: QueryShape): unknown[] {
  return inOrder(tree).map((node) => (typeof node === 'string' ? scalar(node, { name, parent: '' }, shape) : structure(node, name, shape)));
}

function mapOf(tree: Tree, name: string, shape: QueryShape): Json {
  const result: Json = {};
  for (const entry of inOrder(tree)) {
    if (typeof entry === 'string') continue;
    const key = entry.get('key') ?? entry.get('Name') ?? entry.get('Key');
    const value = entry.get('value') ?? entry.get('Value');
    if (typeof key !== 'string' || value === undefined) continue;
    setMember(result, key, typeof value === 'string' ? value : structure(value, name, shape));
  }
  return result;
}

const inOrder = (tree: Tree): (Tree | string)[] => [...tree].sort(([a], [b]) => Number(a) - Number(b)).map(([, node]) => node);

function scalar(text: string, at: { name: string; parent: string }, shape: QueryShape): unknown {
  const { name, parent } = at;
  if (text === '' && shape.lists.has(name)) return [];
  if (shape.numbers.has(name) || shape.numbers.has(`${parent}.${name}`))
    return text === '' || Number.isNaN(Number(text)) ? text : Number(text);
  if (shape.booleans.has(name)) return text === 'true' ? true : text === 'false' ? false : text;
  if (shape.times.has(name)) return Date.parse(text) / 1000;
  return text;
}
