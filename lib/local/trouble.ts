/** Members of a structured log line that say what went wrong and with what, in the order in which people ask. */
const TELLING = ['code', 'error', 'reason', 'messageType', 'messageId', 'correlationId'] as const;

/**
 * What a warning or an error in a function's log says, in one line; undefined for every other line. Errors of the platform are left out:
 * whoever counts invocations is told of them.
 */
export function troubleIn(line: string): string | undefined {
  if (!/"level":"(WARN|ERROR)"/.test(line)) return undefined;
  const entry = parse(line);
  const message = entry?.['message'];
  if (typeof message !== 'string' || /^(Init|Invoke) Error/.test(message)) return undefined;
  const details = TELLING.flatMap((member) => (entry?.[member] === undefined ? [] : [`${member} ${text(entry[member])}`]));
  return [message, ...details].join(', ');
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  const { message } = (value ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : JSON.stringify(value);
}
