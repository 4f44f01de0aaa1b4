import { PosthasteError } from '../core/errors.ts';

/** One thing that is wrong with a message's data, and where. */
export interface MessageIssue {
  readonly message: string;
  /** Where in the data, e.g. `['items', 0, 'sku']`; empty for the data itself. */
  readonly path: readonly (string | number)[];
}

/** A definition breaks a rule of naming, versions or routing. Code `MESSAGE_DEFINITION_INVALID`; thrown when the module loads. */
export class MessageDefinitionError extends PosthasteError {
  constructor(message: string) {
    super(message, { code: 'MESSAGE_DEFINITION_INVALID' });
  }
}

/** A message was sent as what it is not: an event by `send`, a command by `publish`. Code `MESSAGE_KIND`. */
export class MessageKindError extends PosthasteError {
  constructor(name: string, kind: 'event' | 'command') {
    const verb = kind === 'event' ? 'publish' : 'send';
    super(`${name} is ${kind === 'event' ? 'an event' : 'a command'}: use ${verb}() for it`, { code: 'MESSAGE_KIND' });
  }
}

/** The data does not fit the definition's schema, or JSON cannot carry it. Code `MESSAGE_INVALID`. */
export class MessageInvalidError extends PosthasteError {
  readonly type: string;
  readonly issues: readonly MessageIssue[];

  constructor(type: string, issues: readonly MessageIssue[], options?: ErrorOptions) {
    super(`data of ${type} is invalid: ${issues.map(describeIssue).join('; ')}`, { ...options, code: 'MESSAGE_INVALID' });
    this.type = type;
    this.issues = issues;
  }
}

/** What is wrong with an envelope, as a machine reads it. */
export type EnvelopeProblem =
  | 'not-json'
  | 'not-an-object'
  | 'prototype-key'
  | 'ill-formed-text'
  | 'too-deep'
  | 'specversion'
  | 'id'
  | 'source'
  | 'type'
  | 'time'
  | 'datacontenttype'
  | 'dataschema'
  | 'data'
  | 'correlationid'
  | 'causationid'
  | 'partitionkey'
  | 'sequence'
  | 'hops'
  | 'tenant';

/** A body is not an envelope of this library. Code `ENVELOPE_INVALID`; `reason` names the first thing that is wrong. */
export class EnvelopeInvalidError extends PosthasteError {
  readonly reason: EnvelopeProblem;

  constructor(reason: EnvelopeProblem, detail: string) {
    super(`the body is not a message envelope (${reason}): ${detail}`, { code: 'ENVELOPE_INVALID' });
    this.reason = reason;
  }
}

/** A field of an outgoing message (id, key, tenant, source, a routing value) cannot travel. Code `MESSAGE_FIELD_INVALID`. */
export class MessageFieldError extends PosthasteError {
  readonly field: string;

  constructor(type: string, field: string, problem: string) {
    super(`${field} of ${type} cannot travel: ${problem}`, { code: 'MESSAGE_FIELD_INVALID' });
    this.field = field;
  }
}

/** A message has more bytes than the narrowest service on its way takes. Code `MESSAGE_TOO_LARGE`; permanent. */
export class MessageTooLargeError extends PosthasteError {
  readonly bytes: number;
  readonly limit: number;

  constructor(type: string, { bytes, limit, hop }: { readonly bytes: number; readonly limit: number; readonly hop: 'SNS' | 'SQS' }) {
    super(`${type} has ${bytes} bytes with its envelope and attributes; ${hop} takes ${limit}: send a reference to the data instead`, {
      code: 'MESSAGE_TOO_LARGE',
    });
    this.bytes = bytes;
    this.limit = limit;
  }
}

function describeIssue(issue: MessageIssue): string {
  return issue.path.length === 0 ? issue.message : `${formatPath(issue.path)}: ${issue.message}`;
}

/** A path as one would write it in code, e.g. `items[0].sku`. */
export function formatPath(path: readonly (string | number)[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}
