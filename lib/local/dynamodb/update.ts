import { type AttributeType, type AttributeValue, copyItem, copyValue, type Item, setAttribute, typeOf } from './attribute-value.ts';
import { valueAt } from './condition.ts';
import { addNumbers, subtractNumbers } from './decimal.ts';
import { childOf, parentOf } from './document-path.ts';
import type { Path, UpdateAction, UpdateValue } from './expression.ts';
import { invalid } from './refusals.ts';

type Assignment = { readonly path: Path; readonly value: AttributeValue | undefined };
type SetMembers = 'SS' | 'NS' | 'BS';

/**
 * The item after an update. Every operand is read from the item as it was, and list positions are those of the item as it
 * was, so removals come last and from the end (Developer guide, "Update expressions").
 */
export function updated(item: Item, actions: readonly UpdateAction[], values: Item): Item {
  const result = copyItem(item);
  const assignments = actions.map((action) => assignmentOf(action, item, values));
  const kept = assignments.filter((assignment) => assignment.value !== undefined).sort(byListPosition);
  const removed = assignments.filter((assignment) => assignment.value === undefined).sort((a, b) => byListPosition(b, a));
  for (const { path, value } of kept) place(result, path, value as AttributeValue);
  for (const { path } of removed) drop(result, path);
  return result;
}

function assignmentOf(action: UpdateAction, item: Item, values: Item): Assignment {
  const { path } = action;
  if (!parentOf(path, item)) throw invalid('The document path provided in the update expression is invalid for update');
  switch (action.kind) {
    case 'set':
      return { path, value: evaluated(action.value, item, values) };
    case 'remove':
      return { path, value: undefined };
    case 'add':
      return { path, value: added(valueAt(path, item), values[action.ref] as AttributeValue) };
    case 'delete':
      return { path, value: without(valueAt(path, item), values[action.ref] as AttributeValue) };
  }
}

/** Assignments beyond the end of a list append in the order of their positions. */
function byListPosition(a: Assignment, b: Assignment): number {
  const [left, right] = [a.path.at(-1), b.path.at(-1)];
  return typeof left === 'number' && typeof right === 'number' ? left - right : 0;
}

function evaluated(value: UpdateValue, item: Item, values: Item): AttributeValue {
  switch (value.kind) {
    case 'value':
      return values[value.ref] as AttributeValue;
    case 'path': {
      const found = valueAt(value.path, item);
      if (!found) throw invalid('The provided expression refers to an attribute that does not exist in the item');
      return found;
    }
    case 'if-absent':
      return valueAt(value.path, item) ?? evaluated(value.fallback, item, values);
    case 'append': {
      const [left, right] = [evaluated(value.left, item, values).L, evaluated(value.right, item, values).L];
      if (!left || !right) throw wrongOperand();
      return { L: [...left, ...right] };
    }
    default: {
      const [left, right] = [evaluated(value.left, item, values).N, evaluated(value.right, item, values).N];
      if (left === undefined || right === undefined) throw wrongOperand();
      return { N: value.kind === 'plus' ? addNumbers(left, right) : subtractNumbers(left, right) };
    }
  }
}

function added(existing: AttributeValue | undefined, value: AttributeValue): AttributeValue {
  if (!existing) return value;
  const type = sameTypeOrRefuse(existing, value);
  if (type === 'N') return { N: addNumbers(existing.N as string, value.N as string) };
  return { [type]: [...new Set([...(existing[type as SetMembers] as string[]), ...(value[type as SetMembers] as string[])])] };
}

function without(existing: AttributeValue | undefined, value: AttributeValue): AttributeValue | undefined {
  if (!existing) return undefined;
  const type = sameTypeOrRefuse(existing, value) as SetMembers;
  const leaving = new Set(value[type]);
  const rest = (existing[type] as string[]).filter((member) => !leaving.has(member));
  return rest.length === 0 ? undefined : { [type]: rest };
}

function sameTypeOrRefuse(existing: AttributeValue, value: AttributeValue): AttributeType {
  if (typeOf(existing) !== typeOf(value)) throw wrongOperand();
  return typeOf(value);
}

function wrongOperand() {
  return invalid('An operand in the update expression has an incorrect data type');
}

function place(item: Item, path: Path, value: AttributeValue): void {
  const parent = parentOf(path, item);
  const step = path.at(-1) as string | number;
  if (typeof step === 'number') {
    const list = parent?.L as AttributeValue[];
    list[Math.min(step, list.length)] = copyValue(value);
  } else setAttribute(parent?.M as Item, step, copyValue(value));
}

function drop(item: Item, path: Path): void {
  const parent = parentOf(path, item) as AttributeValue;
  const step = path.at(-1) as string | number;
  if (childOf(parent, step) === undefined) return;
  if (typeof step === 'number') parent.L?.splice(step, 1);
  else delete parent.M?.[step];
}
