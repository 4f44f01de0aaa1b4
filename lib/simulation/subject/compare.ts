import { isDeepStrictEqual } from 'node:util';
import type { Item, Table } from '../../unit-of-work/unit-of-work.ts';
import type { Violation } from '../conservation.ts';
import type { CompareOptions, DeployOptions } from './subject.ts';
import type { PublishedMessage, SubjectView } from './subject-view.ts';

/** How what a run did differs from what the run without faults did, one violation each. */
export function compareViews(expected: SubjectView, actual: SubjectView, options: DeployOptions & CompareOptions): readonly Violation[] {
  const { effects, tables = [], ignore = [] } = options;
  if (effects) return compareOwn(effects(expected), effects(actual));
  const without = (value: unknown) => withoutAttributes(value, ignore);
  const published = (view: SubjectView) => view.published.map((message) => without(message) as PublishedMessage);
  return [
    ...tables.flatMap((table) =>
      compareItems(table, without(expected.items[table.name]) as readonly Item[], without(actual.items[table.name]) as readonly Item[]),
    ),
    ...compareMany(published(expected), published(actual), (message) => `message ${message.type ?? 'published'} ${textOf(message.data)}`),
    ...compareMany(expected.noted, actual.noted, ({ name, detail }) => `effect ${name}${detail === undefined ? '' : ` ${textOf(detail)}`}`),
  ];
}

function compareOwn(expected: unknown, actual: unknown): readonly Violation[] {
  if (isDeepStrictEqual(expected, actual)) return [];
  return [{ guarantee: 'G3', message: `effects are ${textOf(actual)}; without faults they are ${textOf(expected)}` }];
}

/** Items by key; those whose key is ignored, as a multiset. */
function compareItems(table: Table, expected: readonly Item[], actual: readonly Item[]): readonly Violation[] {
  const keys = [table.partitionKey, ...(table.sortKey === undefined ? [] : [table.sortKey])];
  const nameOf = (item: Item) => `${table.name} ${keys.map((key) => textOf(item[key])).join(' ')}`;
  const isKeyed = [...expected, ...actual].every((item) => keys.every((key) => key in item));
  if (!isKeyed) return compareMany(expected, actual, (item) => `item of ${table.name} ${textOf(item)}`);
  const [before, after] = [byName(expected, nameOf), byName(actual, nameOf)];
  const violations: Violation[] = [];
  for (const [name, item] of before) {
    const found = after.get(name);
    if (found) violations.push(...compareAttributes(name, item, found));
    else violations.push({ guarantee: 'G1', message: `${name} is missing` });
  }
  for (const name of after.keys())
    if (!before.has(name)) violations.push({ guarantee: 'G3', message: `${name} exists; without faults it does not` });
  return violations;
}

const byName = (items: readonly Item[], nameOf: (item: Item) => string) => new Map(items.map((item) => [nameOf(item), item]));

function compareAttributes(name: string, expected: Item, actual: Item): readonly Violation[] {
  const attributes = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
  const value = (item: Item, attribute: string) => (attribute in item ? textOf(item[attribute]) : 'absent');
  return attributes
    .filter((attribute) => !isDeepStrictEqual(expected[attribute], actual[attribute]))
    .map((attribute) => ({
      guarantee: 'G3' as const,
      message: `${name}: ${attribute} is ${value(actual, attribute)}; without faults it is ${value(expected, attribute)}`,
    }));
}

/** Things without an identity: each as often as without faults. */
function compareMany<Value>(expected: readonly Value[], actual: readonly Value[], nameOf: (value: Value) => string): readonly Violation[] {
  const [before, after] = [countByText(expected), countByText(actual)];
  const violations: Violation[] = [];
  for (const [text, { value, count }] of new Map([...before, ...after])) {
    const [wanted, got] = [before.get(text)?.count ?? 0, after.get(text)?.count ?? 0];
    if (wanted === got) continue;
    const times = `${nameOf(value)}: ${count === 0 ? 0 : got} times; without faults ${wanted} times`;
    violations.push({ guarantee: got < wanted ? 'G1' : 'G3', message: times });
  }
  return violations;
}

function countByText<Value>(values: readonly Value[]): ReadonlyMap<string, { readonly value: Value; readonly count: number }> {
  const counts = new Map<string, { readonly value: Value; readonly count: number }>();
  for (const value of values) {
    const text = textOf(value);
    counts.set(text, { value, count: (counts.get(text)?.count ?? 0) + 1 });
  }
  return counts;
}

/** As JSON with sorted members, sets as sorted lists: equal for equal values. */
export function textOf(value: unknown): string {
  return (
    JSON.stringify(value, (_, member: unknown) => {
      if (typeof member === 'bigint') return Number(member);
      if (member instanceof Set) return [...member].map(String).sort();
      if (typeof member !== 'object' || member === null || Array.isArray(member) || member instanceof Uint8Array) return member;
      return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
    }) ?? 'undefined'
  );
}

function withoutAttributes(value: unknown, ignore: readonly string[]): unknown {
  if (ignore.length === 0 || typeof value !== 'object' || value === null || value instanceof Set) return value;
  if (Array.isArray(value)) return value.map((one) => withoutAttributes(one, ignore));
  const kept = Object.entries(value).filter(([name]) => !ignore.includes(name));
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutAttributes(member, ignore)]));
}
