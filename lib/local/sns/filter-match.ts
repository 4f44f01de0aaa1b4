import { isBinary, type MessageAttribute, type MessageAttributes } from '../sqs/message-attributes.ts';
import type { Matcher, Scalar } from './filter-matcher.ts';
import type { FilterPolicy, FilterScope } from './filter-policy.ts';

/** What a filter sees of a message. */
export interface Filterable {
  readonly message: string;
  readonly attributes: MessageAttributes;
}

/** Whether the message passes the policy (SNS Developer Guide, "Subscription filter policies"). */
export function matchesFilter(policy: FilterPolicy, scope: FilterScope, { message, attributes }: Filterable): boolean {
  if (scope === 'MessageAttributes') return matchesAttributes(policy, attributes);
  const body = parseBody(message);
  return body !== undefined && matchesLevel(policy, body);
}

/** A body that is no JSON object passes no policy on the body. */
function parseBody(message: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(message);
    return isObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function matchesAttributes(policy: FilterPolicy, attributes: MessageAttributes): boolean {
  const keysMatch = Object.entries(policy.keys).every(([name, matchers]) => {
    const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    const values = attribute === undefined ? undefined : valuesOf(attribute);
    return (matchers as readonly Matcher[]).some((matcher) => matchesAttribute(matcher, values));
  });
  const { alternatives } = policy;
  return keysMatch && (alternatives.length === 0 || alternatives.some((branch) => matchesAttributes(branch, attributes)));
}

/** `null` in a policy on attributes also accepts a message without the attribute. */
function matchesAttribute(matcher: Matcher, values: readonly Scalar[] | undefined): boolean {
  if (values === undefined && matcher.kind === 'equals') return matcher.value === null;
  return matchesValues(matcher, values);
}

function matchesLevel(policy: FilterPolicy, object: Record<string, unknown>): boolean {
  const keysMatch = Object.entries(policy.keys).every(([name, rule]) => {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    return Array.isArray(rule) ? matchesLeaf(rule, value) : matchesNested(rule as FilterPolicy, value);
  });
  const { alternatives } = policy;
  return keysMatch && (alternatives.length === 0 || alternatives.some((branch) => matchesLevel(branch, object)));
}

/** In a list of objects one object must satisfy the whole nested policy. */
function matchesNested(policy: FilterPolicy, value: unknown): boolean {
  return elementsOf(value).some((element) => matchesLevel(policy, isObject(element) ? element : {}));
}

function matchesLeaf(matchers: readonly Matcher[], value: unknown): boolean {
  const values = isObject(value) || value === undefined ? undefined : scalarsOf(value);
  return matchers.some((matcher) => matchesValues(matcher, values));
}

function matchesValues(matcher: Matcher, values: readonly Scalar[] | undefined): boolean {
  if (matcher.kind === 'exists') return (values !== undefined) === matcher.expected;
  if (values === undefined) return false;
  return matcher.kind === 'equals' ? values.includes(matcher.value) : values.some((value) => matcher.matches(value));
}

/** The values of an attribute: each element of a `String.Array`, none of a binary one, which filters ignore. */
function valuesOf(attribute: MessageAttribute): readonly Scalar[] | undefined {
  if (isBinary(attribute)) return undefined;
  const text = attribute.StringValue ?? '';
  if (attribute.DataType === 'String.Array') return parseArray(text);
  return [attribute.DataType.startsWith('Number') ? Number(text) : text];
}

function parseArray(text: string): readonly Scalar[] {
  try {
    return scalarsOf(JSON.parse(text));
  } catch {
    return [];
  }
}

function scalarsOf(value: unknown): readonly Scalar[] {
  return elementsOf(value).filter(
    (element): element is Scalar => element === null || ['string', 'number', 'boolean'].includes(typeof element),
  );
}

/** A value, or the elements of a list and of the lists in it; a message may nest them deeper than a function can call itself. */
function elementsOf(value: unknown): unknown[] {
  const open = [value];
  const elements: unknown[] = [];
  while (open.length > 0) {
    const next = open.pop();
    if (!Array.isArray(next)) elements.push(next);
    else for (let index = next.length - 1; index >= 0; index -= 1) open.push(next[index]);
  }
  return elements;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
