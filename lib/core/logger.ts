/** Structured logging as the runtime needs it; the Powertools logger satisfies it. Bodies of messages are never logged by default. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** Says nothing: for tests and simulations. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
