import type { Json } from '../aws.ts';
import type { QueryShape } from './query-shapes.ts';
import { element, escapeXml, isoTime } from './xml.ts';

/** An action's output as the markup inside `<ActionResult>`. */
export function writeQueryOutput(output: Json, action: string, shape: QueryShape): string {
  return structure(output, { action, shape });
}

interface Context {
  readonly action: string;
  readonly shape: QueryShape;
}

function structure(value: Json, context: Context): string {
  let markup = '';
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined && member !== null) markup += memberMarkup(name, member, context);
  }
  return markup;
}

function memberMarkup(name: string, value: unknown, context: Context): string {
  const { shape, action } = context;
  if (shape.flat !== undefined) {
    const flat = shape.flat.elements[`${action}.${name}`] ?? shape.flat.elements[name];
    if (flat !== undefined) return flattened(flat, value, context);
  }
  if (Array.isArray(value)) return element(name, value.map((item) => element('member', content(name, item, context))).join(''));
  if (shape.maps.has(name))
    return element(
      name,
      Object.entries(value as Json)
        .map(entryMarkup(name, context))
        .join(''),
    );
  return element(name, content(name, value, context));
}

const entryMarkup =
  (name: string, context: Context) =>
  ([key, value]: [string, unknown]): string =>
    element('entry', element('key', escapeXml(key)) + element('value', content(name, value, context)));

function flattened(name: string, value: unknown, context: Context): string {
  if (Array.isArray(value)) return value.map((item) => element(name, content(name, item, context))).join('');
  const map = context.shape.flat?.maps[name];
  if (map === undefined) return element(name, content(name, value, context));
  return Object.entries(value as Json)
    .map(([key, item]) => element(name, element(map.key, escapeXml(key)) + element(map.value, content(map.value, item, context))))
    .join('');
}

function content(name: string, value: unknown, context: Context): string {
  if (typeof value === 'object' && value !== null) return structure(value as Json, context);
  if (typeof value === 'number' && context.shape.times.has(name)) return isoTime(value);
  return escapeXml(String(value));
}
