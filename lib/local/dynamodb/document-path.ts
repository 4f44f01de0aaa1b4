import { type AttributeValue, attributeOf, type Item, setAttribute } from './attribute-value.ts';
import { valueAt } from './condition.ts';
import type { Path } from './expression.ts';

/** The part of an item that the paths select, nested as in the item; list elements keep their order and lose their gaps. */
export function selectPaths(paths: readonly Path[], item: Item): Item {
  const root: Node = { children: new Map() };
  for (const path of paths) {
    const value = valueAt(path, item);
    if (value !== undefined) graft(root, path, value);
  }
  return Object.fromEntries([...root.children].map(([name, node]) => [String(name), harvested(node)]));
}

interface Node {
  readonly children: Map<string | number, Node>;
  value?: AttributeValue;
}

function graft(root: Node, path: Path, value: AttributeValue): void {
  let node = root;
  for (const step of path) {
    let child = node.children.get(step);
    if (!child) {
      child = { children: new Map() };
      node.children.set(step, child);
    }
    node = child;
  }
  node.value = value;
}

function harvested(node: Node): AttributeValue {
  if (node.value) return node.value;
  const entries = [...node.children];
  if (typeof entries[0]?.[0] === 'number') {
    return { L: entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, child]) => harvested(child)) };
  }
  const map: Item = {};
  for (const [name, child] of entries) setAttribute(map, String(name), harvested(child));
  return { M: map };
}

/** The map or list that holds the last element of a path, if the document has it. */
export function parentOf(path: Path, item: Item): AttributeValue | undefined {
  const parent = path.length === 1 ? { M: item } : valueAt(path.slice(0, -1), item);
  return typeof path.at(-1) === 'number' ? parent?.L && parent : parent?.M && parent;
}

/** The element of a map or list that a path ends in. */
export function childOf(parent: AttributeValue, step: string | number): AttributeValue | undefined {
  return typeof step === 'number' ? parent.L?.[step] : parent.M && attributeOf(parent.M, step);
}
