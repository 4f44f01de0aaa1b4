import { AwsError, type Json, type ServiceName } from '../../aws.ts';
import type { ProviderContext } from '../provider.ts';

/** The named members that are present. */
export function pick(properties: Json, names: readonly string[]): Json {
  return Object.fromEntries(names.filter((name) => properties[name] !== undefined).map((name) => [name, properties[name]]));
}

/** A member that is text. */
export function text(properties: Json, name: string): string | undefined {
  const value = properties[name];
  return value === undefined || value === null ? undefined : String(value);
}

/** A member that is an object; empty when absent. */
export function object(properties: Json, name: string): Json {
  const value = properties[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** A member that is a list; empty when absent. */
export function array<T = Json>(properties: Json, name: string): readonly T[] {
  const value = properties[name];
  return Array.isArray(value) ? (value as T[]) : [];
}

/** Attribute maps of SQS and SNS hold text only: objects travel as JSON. */
export function attributeText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The named members as an attribute map. */
export function attributeMap(properties: Json, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(pick(properties, names)).map(([name, value]) => [name, attributeText(value)]));
}

/** The tags of a resource and of its stack, as a list; the resource's win. */
export function tagList(properties: Json, context: ProviderContext): Json[] {
  const tags = new Map<unknown, Json>();
  for (const tag of [...context.tags, ...array(properties, 'Tags')]) tags.set(tag['Key'], { Key: tag['Key'], Value: tag['Value'] });
  return [...tags.values()];
}

/** The same as a map, for the services that take one. */
export function tagMap(properties: Json, context: ProviderContext): Record<string, string> {
  return Object.fromEntries(tagList(properties, context).map((tag) => [String(tag['Key']), String(tag['Value'])]));
}

const NOT_MODELLED = new Set(['UnknownOperationException', 'UnknownOperation', 'InvalidAction', 'NotImplemented', 'UnsupportedOperation']);

/** Applies a setting that changes nothing here where the engine does not model it (backups, key rotation, access blocks). */
export function applySetting(context: ProviderContext, [service, action]: readonly [ServiceName, string], input: Json): void {
  try {
    context.call(service, action, input);
  } catch (error) {
    if (!(error instanceof AwsError && NOT_MODELLED.has(error.code))) throw error;
  }
}

/** Removes something that may be gone already. */
export function removeIfThere(remove: () => void): void {
  try {
    remove();
  } catch (error) {
    if (error instanceof AwsError && /NotFound|NonExistent|NoSuch|DoesNotExist|ResourceNotFound/.test(error.code)) return;
    throw error;
  }
}
