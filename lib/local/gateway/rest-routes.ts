/** One action of a REST-JSON service and where its input and output live outside the JSON body. */
export interface RestRoute {
  readonly action: string;
  readonly method: string;
  readonly pattern: RegExp;
  /** A query parameter that the path alone does not tell apart from another action, e.g. `List`. */
  readonly flag: string | undefined;
  readonly status: number;
  /** Query string name → member. */
  readonly query: Readonly<Record<string, string>>;
  /** Request header (lower case) → member. */
  readonly headers: Readonly<Record<string, string>>;
  /** The member that is the whole body, as bytes. */
  readonly payload?: string;
  /** Member → response header. */
  readonly answerHeaders: Readonly<Record<string, string>>;
  /** The member that is the response's status. */
  readonly answerStatus?: string;
}

type Extras = Partial<Pick<RestRoute, 'query' | 'headers' | 'payload' | 'answerHeaders' | 'answerStatus'>>;

/**
 * A route from its line in the service model, e.g. `'GetFunction GET /2015-03-31/functions/{FunctionName} 200'`.
 * A `?name` after the path asks for that query parameter; such a route stands before the one without.
 * Paths may end in a slash: clients of several years do.
 */
export function route(line: string, extras: Extras = {}): RestRoute {
  const [action = '', method = '', path = '', status = '200'] = line.split(' ');
  const [plain = '', flag] = path.split('?');
  const pattern = new RegExp(`^${plain.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}/?$`);
  return { action, method, pattern, flag, status: Number(status), query: {}, headers: {}, answerHeaders: {}, ...extras };
}
