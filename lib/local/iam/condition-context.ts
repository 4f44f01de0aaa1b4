/** The value or values of a condition key in one request. */
export type ContextValue = string | readonly string[];

/**
 * What a policy may ask about a request: the value of a condition key, by its lower-case name; undefined when the request has
 * no such key. A function, so that a key costs nothing unless a policy mentions it.
 */
export type ConditionContext = (key: string) => ContextValue | undefined;

/** A context made of a plain record; names are matched without case, as IAM does. */
export function contextOf(values: Readonly<Record<string, ContextValue | undefined>>): ConditionContext {
  const byName = new Map(Object.entries(values).map(([key, value]) => [key.toLowerCase(), value]));
  return (key) => byName.get(key);
}
