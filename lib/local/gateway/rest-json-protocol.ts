import { AwsError, type Json } from '../aws.ts';
import type { Exchange, HttpAnswer, HttpRequest } from './exchange.ts';
import { headerOf } from './exchange.ts';
import { LAMBDA_ROUTES } from './lambda-routes.ts';
import type { RestRoute } from './rest-routes.ts';
import { SCHEDULER_ROUTES } from './scheduler-routes.ts';

type RestService = 'lambda' | 'scheduler';

const ROUTES: Record<RestService, readonly RestRoute[]> = { lambda: LAMBDA_ROUTES, scheduler: SCHEDULER_ROUTES };

/** Query string values that are numbers or lists in the API; every other one is text. */
const NUMBERS = new Set(['MaxItems', 'MaxResults']);
const LISTS = new Set(['TagKeys']);

/** Statuses of the errors that are not 400, where the engine did not say (AWS Lambda and EventBridge Scheduler API References). */
const STATUSES: Readonly<Record<string, number>> = {
  AccessDeniedException: 403,
  ConflictException: 409,
  InternalServerException: 500,
  PolicyLengthExceededException: 400,
  PreconditionFailedException: 412,
  ProvisionedConcurrencyConfigNotFoundException: 404,
  RequestTooLargeException: 413,
  ResourceConflictException: 409,
  ResourceInUseException: 400,
  ResourceNotFoundException: 404,
  ServiceException: 500,
  ServiceQuotaExceededException: 402,
  ThrottlingException: 429,
  TooManyRequestsException: 429,
};

/** The service whose REST paths this one is of, for requests that carry no signature. */
export function restServiceOf(path: string): RestService | undefined {
  if (/^\/20\d\d-\d\d-\d\d\//.test(path)) return 'lambda';
  return /^\/schedule(s|-groups)(\/|$)/.test(path) ? 'scheduler' : undefined;
}

/** REST with JSON bodies: method and path name the action (Smithy documentation, "AWS restJson1 protocol"). */
export function restJsonExchange(request: HttpRequest, service: RestService): Exchange {
  const found = ROUTES[service].flatMap((route) => {
    const isAsked = route.method === request.method && (route.flag === undefined || request.query.has(route.flag));
    const match = isAsked ? route.pattern.exec(request.path) : null;
    return match === null ? [] : [{ route, labels: match.groups ?? {} }];
  })[0];
  return {
    decode() {
      if (found === undefined) throw unknownPath(request, service);
      return { service, action: found.route.action, input: readInput(request, found.route, found.labels) };
    },
    answer: (output, requestId) => writeOutput(output, found?.route, requestId),
    refuse: (error, requestId) => ({
      status: error.status === 400 ? (STATUSES[error.code] ?? 400) : error.status,
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.code },
      body: JSON.stringify({ Type: error.status < 500 ? 'User' : 'Service', Message: error.message, ...error.details }),
    }),
  };
}

function readInput(request: HttpRequest, route: RestRoute, labels: Record<string, string>): Json {
  const input: Json = route.payload === undefined ? parseBody(request.body) : {};
  if (route.payload !== undefined && request.body.length > 0) input[route.payload] = request.body.toString('base64');
  for (const [name, member] of Object.entries(route.query)) {
    if (!request.query.has(name)) continue;
    const text = request.query.get(name) ?? '';
    input[member] = LISTS.has(member) ? request.query.getAll(name) : NUMBERS.has(member) ? Number(text) : text;
  }
  for (const [name, member] of Object.entries(route.headers)) {
    const value = headerOf(request.headers, name);
    if (value !== undefined) input[member] = value;
  }
  for (const [member, text] of Object.entries(labels)) input[member] = decodedLabel(text);
  return input;
}

function decodedLabel(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError('InvalidParameterValueException', `The path has a malformed percent encoding: ${text}`);
  }
}

function parseBody(body: Buffer): Json {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // Falls through to the one refusal below.
  }
  throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json: it is not a JSON object.');
}

function writeOutput(output: Json, route: RestRoute | undefined, requestId: string): HttpAnswer {
  const headers: Record<string, string> = { 'x-amzn-requestid': requestId };
  const rest: Json = { ...output };
  for (const [member, header] of Object.entries(route?.answerHeaders ?? {})) {
    if (typeof rest[member] === 'string') headers[header] = rest[member];
    delete rest[member];
  }
  const declared = route?.answerStatus === undefined ? undefined : rest[route.answerStatus];
  if (route?.answerStatus !== undefined) delete rest[route.answerStatus];
  const status = typeof declared === 'number' ? declared : (route?.status ?? 200);
  if (status === 204) return { status, headers, body: '' };
  headers['content-type'] = 'application/json';
  if (route?.payload === undefined) return { status, headers, body: JSON.stringify(rest) };
  const payload = rest[route.payload];
  return { status, headers, body: typeof payload === 'string' ? Buffer.from(payload, 'base64') : '' };
}

const unknownPath = (request: HttpRequest, service: RestService) =>
  new AwsError('UnknownOperationException', `The embedded AWS has no ${service} action at ${request.method} ${request.path}.`, {
    status: 501,
  });
